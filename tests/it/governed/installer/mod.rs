//! Any life of an installer: power cuts, failed boots, lost stores, switches of the channel.
//!
//! After each write, whatever it is of, the usual slot starts; the confirmed index and the counter
//! never fall, and never shut out a slot that is a way back; what the library decides and stores is
//! what a naive model says; and at the end an honest release is installed.

mod device;
mod life;
mod model;
mod published;
mod store;

use std::collections::BTreeSet;

use proptest::prelude::*;

use device::{Device, Fate};
use life::{Life, Plan};
use published::HONEST;
use store::Store;

#[derive(Clone, Debug)]
enum Event {
    /// An installation, in which the power may go after so many writes.
    Install(Plan, Option<usize>),
    /// A restart, in which it may.
    Restart(Fate, Option<usize>),
    /// The owner chooses a channel.
    Wish(&'static str),
    /// The installer's state is lost.
    Lose,
    /// What runs decays, and something else starts next time.
    Decay,
    /// A slot is given up as a way back, and perhaps erased.
    GiveUp { slot: usize, erases: bool },
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Works),
        1 => Just(Fate::DoesNotStart),
        1 => Just(Fate::IsUnhealthy),
        1 => Just(Fate::IsSomethingElse),
        1 => Just(Fate::IsUnknown),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let cut = || prop::option::weighted(0.3, 0..6usize);
    // Few at a time, so that the best does not always win.
    let offered = prop::collection::btree_set(0..HONEST, 0..4);
    let plan = (offered, 0..3usize, prop::bool::weighted(0.15), any::<bool>());
    let plan = plan.prop_map(|(offered, slot, is_corrupt, reads_back)| Plan {
        offered,
        slot,
        is_corrupt,
        reads_back,
    });
    prop_oneof![
        8 => (plan, cut()).prop_map(|(plan, cut)| Event::Install(plan, cut)),
        8 => (fate(), cut()).prop_map(|(fate, cut)| Event::Restart(fate, cut)),
        2 => prop_oneof![Just("stable"), Just("beta")].prop_map(Event::Wish),
        1 => Just(Event::Lose),
        1 => Just(Event::Decay),
        2 => (0..3usize, any::<bool>()).prop_map(|(slot, erases)| Event::GiveUp { slot, erases }),
    ]
}

fn live(life: &mut Life, event: &Event) {
    if life.is_off && matches!(event, Event::Install(..) | Event::GiveUp { .. }) {
        restart(life, Fate::Works, None);
    }
    match event {
        Event::Install(plan, cut) => {
            life.device.cut_after(*cut);
            life.is_off = life.install(plan).is_err();
        }
        Event::Restart(fate, cut) => restart(life, *fate, *cut),
        Event::Wish(channel) => life.wish = Some(channel),
        Event::Lose => life.device.store.lose(),
        Event::Decay => {
            life.device.decay();
            life.is_off = true;
        }
        Event::GiveUp { slot, erases } => life.give_up(*slot, *erases).unwrap(),
    }
    life.device.cut_after(None);
}

/// A restart, and another where the power goes.
fn restart(life: &mut Life, fate: Fate, cut: Option<usize>) {
    life.device.cut_after(cut);
    if life.restart(fate).is_err() {
        life.device.cut_after(None);
        life.restart(fate).unwrap();
    }
    life.is_off = false;
}

fn any_life(device: Device, events: &[Event], loses: bool) {
    let mut life = Life::new(device);
    for event in events {
        live(&mut life, event);
    }
    if loses {
        life.device.store.lose();
    }
    life.recover();
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(event(), 1..40)
}

fn counter() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(0..2u64)
}

fn install(release: usize, slot: usize) -> Event {
    install_until(release, slot, None)
}

fn install_until(release: usize, slot: usize, cut: Option<usize>) -> Event {
    let offered = BTreeSet::from([release]);
    Event::Install(Plan { offered, slot, is_corrupt: false, reads_back: false }, cut)
}

#[test]
fn the_way_back_is_what_ran_and_not_what_was_good_once() {
    for (slots, then) in [(2, 1), (3, 1), (3, 2)] {
        let works = Event::Restart(Fate::Works, None);
        let fails = Event::Restart(Fate::IsUnhealthy, None);
        // What is confirmed decays; what the factory wrote runs; what is installed next is bad.
        let events = [install(0, 1), works, Event::Decay, install(4, then), fails];
        any_life(Device::new(slots, 1, None, Store::Whole(None)), &events, false);
    }
}

#[test]
fn a_release_in_another_slot_is_not_the_one_that_is_known() {
    let fails = || Event::Restart(Fate::IsUnhealthy, None);
    // It failed in one slot. The power goes when it has been activated in another; then the first
    // starts by accident.
    let events = [install(0, 1), fails(), install_until(0, 2, Some(3)), Event::Decay];
    any_life(Device::new(3, 1, None, Store::Whole(None)), &events, false);
    // It was good in one slot, which decays; then the other starts, and nothing older is left.
    let works = Event::Restart(Fate::Works, None);
    let gone = Event::GiveUp { slot: 0, erases: true };
    let events = [install(0, 1), fails(), install(0, 2), works, gone, Event::Decay];
    any_life(Device::new(3, 1, None, Store::Whole(None)), &events, false);
}

#[test]
fn an_index_outlives_a_way_back_that_was_given_up() {
    let works = || Event::Restart(Fate::Works, None);
    let gone = Event::GiveUp { slot: 0, erases: false };
    // The index rises; then that which was given up runs all the same, and is a way back.
    let events =
        [install(4, 1), works(), gone, works(), Event::Decay, works(), install(4, 2), works()];
    any_life(Device::new(3, 1, None, Store::Whole(None)), &events, false);
}

#[test]
fn a_channel_is_switched_to_once() {
    // The owner's word stands. The lower version of the channel has the same index.
    let works = || Event::Restart(Fate::Works, None);
    let events =
        [Event::Wish("beta"), install(6, 1), works(), install(2, 0), install(1, 0), works()];
    any_life(Device::new(2, 1, None, Store::Whole(None)), &events, false);
    let events = [Event::Wish("stable"), install(6, 1), works(), install(4, 0), works()];
    any_life(Device::new(2, 1, None, Store::Whole(None)), &events, false);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn two_slots_go_on_whatever_happens(
        (tries, counter, events, loses) in (1..3u8, counter(), events(), any::<bool>()),
    ) {
        any_life(Device::new(2, tries, counter, Store::Whole(None)), &events, loses);
    }

    #[test]
    fn three_slots_go_on_whatever_happens(
        (tries, counter, events, loses) in (1..3u8, counter(), events(), any::<bool>()),
    ) {
        any_life(Device::new(3, tries, counter, Store::Whole(None)), &events, loses);
    }

    #[test]
    fn a_store_that_tears_is_one_that_is_lost(
        (slots, counter, events, loses) in (2..4usize, counter(), events(), any::<bool>()),
    ) {
        any_life(Device::new(slots, 1, counter, Store::Torn(None)), &events, loses);
    }
}

#[cfg(feature = "fs")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn files_serve_as_a_store(
        (slots, counter, events, loses) in (2..4usize, counter(), events(), any::<bool>()),
    ) {
        any_life(Device::new(slots, 1, counter, Store::files()), &events, loses);
    }
}
