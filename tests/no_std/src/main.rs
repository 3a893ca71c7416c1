//! A program without the standard library that begins a cycle. `std` anywhere in the tree would bring its
//! own panic handler, and this would fail to link (E0152).

#![no_std]
#![no_main]

extern crate alloc;

#[cfg(feature = "request")]
mod request;

use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;
use core::panic::PanicInfo;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use ota_trust::identity::{DeviceSecret, Fleet, IdentityEpoch};
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

/// 0 if what has to be refused was.
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    #[cfg(feature = "request")]
    if !request::is_refused() {
        return 2;
    }
    if !is_own_signature() {
        return 3;
    }
    let Ok(now) = UtcTime::from_unix(0) else { return 1 };
    match Update::begin(b"{}".as_slice(), StartTime::NotBefore(now), Limits::small()) {
        Err(refusal) if refusal.code() == "update.anchor" => 0,
        _ => 1,
    }
}

/// Whether a device knows its own signature: what it needs for reports and challenges.
fn is_own_signature() -> bool {
    let mut random = black_box(core::array::from_fn(|n| n as u8));
    let (Ok(secret), Ok(fleet)) = (DeviceSecret::new(&mut random), Fleet::new("lamps")) else {
        return false;
    };
    let identity = secret.identity(&fleet, IdentityEpoch::new(6));
    identity.epoch_key().verifies(b"a message", &identity.sign(black_box(b"a message")))
}
