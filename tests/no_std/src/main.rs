//! A program without the standard library that begins a cycle. `std` anywhere in the tree would bring its
//! own panic handler, and this would fail to link (E0152).

#![no_std]
#![no_main]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::update::Update;

// The prebuilt `alloc` refers to the unwinder, although nothing here unwinds.
#[link(name = "gcc_s")]
unsafe extern "C" {}

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[link(name = "c")]
unsafe extern "C" {
    fn abort() -> !;
}

const HEAP: usize = 1 << 20;

/// Hands out a static block from the bottom up, and takes nothing back.
struct Bump {
    next: AtomicUsize,
}

#[repr(align(16))]
struct Heap([u8; HEAP]);

static mut MEMORY: Heap = Heap([0; HEAP]);

#[global_allocator]
static ALLOCATOR: Bump = Bump { next: AtomicUsize::new(0) };

// SAFETY: each call gets a range of its own, inside the block and aligned.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let size = layout.size() + layout.align();
        let start = self.next.fetch_add(size, Ordering::Relaxed);
        if start + size > HEAP {
            return null_mut();
        }
        // SAFETY: `start + size` is inside the block, and no reference to it is made.
        let start = unsafe { (&raw mut MEMORY.0).cast::<u8>().add(start) };
        // SAFETY: aligning moves by less than what was added for it.
        unsafe { start.add(start.align_offset(layout.align())) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it takes nothing and does not return.
    unsafe { abort() }
}

/// 0 if a root that is none was refused, as it must be.
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    let Ok(now) = UtcTime::from_unix(0) else { return 1 };
    match Update::begin(b"{}".as_slice(), StartTime::NotBefore(now), Limits::small()) {
        Err(refusal) if refusal.code() == "update.anchor" => 0,
        _ => 1,
    }
}
