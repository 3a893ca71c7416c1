//! What the library decides, in the oracle's words.

use ota_trust::eligibility::{self, Answer, Decided, Offer};
use ota_trust::primitives::UtcTime;

use super::{Decision, Finding};

/// The decision, and what is found of each release.
pub(crate) fn seen(decided: &Decided) -> (Decision, Vec<([u8; 32], Finding)>) {
    let trace = decided.trace.iter();
    (decision(decided), trace.map(|f| (*f.manifest.as_bytes(), finding(&f.answer))).collect())
}

fn decision(decided: &Decided) -> Decision {
    match &decided.decision {
        eligibility::Decision::Offer(Offer::Eligible(eligible)) => Decision::Eligible {
            digest: *eligible.manifest().as_bytes(),
            channel: eligible.channel().to_string(),
            not_after: eligible.not_after().unix(),
            durable: eligible.is_durable(),
        },
        eligibility::Decision::Offer(Offer::Undecided(undecided)) => Decision::Undecided {
            limited: undecided.limited.iter().map(|(m, s)| (*m.as_bytes(), s.get())).collect(),
            otherwise: undecided.otherwise.map(|manifest| *manifest.as_bytes()),
        },
        eligibility::Decision::Hold(wait) => Decision::Hold(wait.until.map(UtcTime::unix)),
        eligibility::Decision::None => Decision::Nothing,
    }
}

fn finding(answer: &Answer) -> Finding {
    match answer {
        Answer::Offered => Finding::Offered,
        Answer::IfWithin(share) => Finding::IfWithin(share.get()),
        Answer::Worse => Finding::Worse,
        Answer::Refused(reason) => {
            let until = reason.wait().and_then(|wait| wait.until).map(UtcTime::unix);
            Finding::Refused { code: reason.code(), until }
        }
    }
}
