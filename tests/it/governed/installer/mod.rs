//! Any life of an installer: power cuts, killed agents, failed starts, lost stores, withdrawals,
//! switches of the channel, newer firmware.
//!
//! After each effect, whatever it is of, a slot starts, and what is half written does not; what is
//! stored, what is told and what is judged is what has happened; the confirmed index and the counter
//! never fall, and never shut out a slot that is a way back; and at the end an honest release is
//! installed.

mod cuts;
mod device;
mod life;
mod model;
mod published;
mod store;
mod turn;

use proptest::prelude::*;

use device::{Cut, Device, End};
use life::{Fate, Life};
use published::HONEST;
use store::Store;
use turn::Plan;

/// After so many effects something ends, and the last one may be done all the same.
type Ends = Option<(usize, End, bool)>;

#[derive(Clone, Debug)]
enum Event {
    /// A poll, and an installation.
    Turn(Plan, Ends),
    /// A restart of the system.
    Restart(Fate, Ends),
    /// A restart of the agent.
    Agent,
    /// Later editions of plan and brake.
    Observe(usize),
    /// The owner gives up what waits.
    GiveUpPending(Ends),
    /// The owner chooses a channel.
    Wish(&'static str),
    /// The installer's state is lost.
    Lose,
    /// What runs decays, and something else starts next time.
    Decay,
    /// A slot is given up as a way back, and perhaps erased.
    GiveUp { slot: usize, erases: bool },
    /// Newer firmware has written the state.
    Newer { is_critical: bool },
    /// Newer firmware has taken away what stops this one.
    Forgive,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        5 => Just(Fate::Works),
        1 => Just(Fate::DoesNotStart),
        1 => Just(Fate::IsUnhealthy),
        1 => Just(Fate::IsSlow),
        1 => Just(Fate::IsSomethingElse),
        1 => Just(Fate::IsForgotten),
        2 => Just(Fate::IsStuck),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let end = prop_oneof![Just(End::Power), Just(End::Agent)];
    let ends = prop::option::weighted(0.3, (0..9usize, end, any::<bool>())).boxed();
    // Few at a time, so that the best does not always win.
    let offered = prop::collection::btree_set(0..HONEST, 0..4);
    let meanwhile = prop_oneof![9 => Just(0), 1 => 1..3usize];
    let plan = (offered, 0..3usize, prop::bool::weighted(0.15), any::<bool>(), meanwhile);
    let plan = plan.prop_map(|(offered, slot, is_corrupt, reads_back, meanwhile)| Plan {
        offered,
        is_corrupt,
        reads_back,
        meanwhile,
        ..Plan::of(HONEST, slot)
    });
    prop_oneof![
        10 => (plan, ends.clone()).prop_map(|(plan, ends)| Event::Turn(plan, ends)),
        9 => (fate(), ends.clone()).prop_map(|(fate, ends)| Event::Restart(fate, ends)),
        1 => Just(Event::Agent),
        2 => (1..3usize).prop_map(Event::Observe),
        1 => ends.prop_map(Event::GiveUpPending),
        2 => prop_oneof![Just("stable"), Just("beta")].prop_map(Event::Wish),
        1 => Just(Event::Lose),
        1 => Just(Event::Decay),
        2 => (0..3usize, any::<bool>()).prop_map(|(slot, erases)| Event::GiveUp { slot, erases }),
        1 => prop::bool::weighted(0.3).prop_map(|is_critical| Event::Newer { is_critical }),
        1 => Just(Event::Forgive),
    ]
}

fn live(life: &mut Life, event: &Event) {
    if life.is_off && !matches!(event, Event::Restart(..)) {
        life.go_on(End::Power);
    }
    let ended = match event {
        Event::Turn(plan, ends) => {
            cut(life, *ends);
            life.turn(plan)
        }
        Event::Restart(fate, ends) => {
            cut(life, *ends);
            life.is_off = false;
            let ended = life.restart(*fate);
            if ended.is_ok() {
                (life.device.is_stubborn, life.device.forgets) = (false, false);
            }
            ended
        }
        Event::Agent => {
            life.go_on(End::Agent);
            Ok(())
        }
        Event::Observe(later) => {
            life.observe(*later);
            Ok(())
        }
        Event::GiveUpPending(ends) => {
            cut(life, *ends);
            life.give_up_pending()
        }
        Event::Wish(channel) => {
            life.wish = Some(channel);
            Ok(())
        }
        Event::Lose => {
            life.lose();
            Ok(())
        }
        Event::Decay => {
            life.is_off = life.device.decay();
            Ok(())
        }
        Event::GiveUp { slot, erases } => life.give_up(*slot, *erases),
        Event::Newer { is_critical } => {
            life.device.store.rewrite(*is_critical);
            life.history.has_unknown = life.device.store.has_unknown();
            Ok(())
        }
        Event::Forgive => {
            life.device.store.forgive();
            Ok(())
        }
    };
    life.device.cuts.clear();
    if let Err(end) = ended {
        if end == End::Power && life.device.is_stubborn {
            life.go_on(end);
        }
        match end {
            End::Power => life.is_off = true,
            End::Agent => life.go_on(end),
        }
    }
}

fn cut(life: &mut Life, ends: Ends) {
    let cut =
        ends.map(|(after, end, is_done)| Cut { at: life.device.effects + after, end, is_done });
    life.device.cuts.extend(cut);
}

fn any_life(device: Device, events: &[Event], loses: bool) {
    let mut life = Life::new(device);
    for event in events {
        live(&mut life, event);
    }
    if loses {
        life.lose();
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

fn install_until(release: usize, slot: usize, ends: Ends) -> Event {
    Event::Turn(Plan::of(release, slot), ends)
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
    // It failed in one slot. The power goes when it has been activated in another.
    let ends = Some((5, End::Power, false));
    let events = [install(0, 1), fails(), install_until(0, 2, ends), Event::Decay];
    any_life(Device::new(3, 1, None, Store::Whole(None)), &events, false);
    // It was good in one slot, which decays; then the other starts, and nothing older is left.
    let works = Event::Restart(Fate::Works, None);
    let gone = Event::GiveUp { slot: 0, erases: true };
    let events = [install(0, 1), fails(), install(0, 2), works, gone, Event::Decay];
    any_life(Device::new(3, 1, None, Store::Whole(None)), &events, false);
}

#[test]
fn the_way_back_is_what_runs_when_it_is_started_again() {
    let works = || Event::Restart(Fate::Works, None);
    let fails = Event::Restart(Fate::IsUnhealthy, None);
    // The power goes before the boot loader is told; what ran then decays, and a third slot runs.
    let ends = Some((5, End::Power, false));
    let stops = install_until(6, 1, ends);
    let events = [install(4, 2), works(), stops, Event::Decay, install(6, 0), fails];
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
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn two_slots_go_on_whatever_happens(
        (tries, counter, events, loses) in (1..4u8, counter(), events(), any::<bool>()),
    ) {
        any_life(Device::new(2, tries, counter, Store::Whole(None)), &events, loses);
    }

    #[test]
    fn three_slots_go_on_whatever_happens(
        (tries, counter, events, loses) in (1..4u8, counter(), events(), any::<bool>()),
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
