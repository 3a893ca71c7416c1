//! A policy as JSON, for configuration files.

use alloc::vec::Vec;

use super::{MaintenanceWindow, Policy};
use crate::artifact::Evidence;
use crate::attestation::AttestationGate;
#[cfg(feature = "repository")]
use crate::json::{Json, Object, array, texts_to_json};
use crate::json::{Reader, RecordError, Scanned, fields, record};
use crate::primitives::Limits;
use crate::release::Channel;

impl Policy {
    /// Reads a policy. What a file does not say is as in [`Policy::default`], but for `rollouts`,
    /// which it must: `"required"` or `"none"`. A field that this version does not know, or that is
    /// misspelled, is an error: the policy would ask for less than its author meant. So the file lies in
    /// the slot of the firmware that reads it; for one that both slots read there is
    /// [`from_shared_json`](Self::from_shared_json).
    ///
    /// ```
    /// use ota_trust::eligibility::{MaintenanceWindow, Policy};
    /// use ota_trust::primitives::Limits;
    /// let policy = Policy::from_json(
    ///     br#"{ "schema": 1, "rollouts": "none", "permit_seconds": 3600,
    ///           "maintenance_windows": [{ "days": 127, "start": 7200, "length": 3600 }] }"#,
    ///     &Limits::default(),
    /// )?;
    /// let window = MaintenanceWindow::daily(7200, 3600);
    /// assert_eq!(policy, Policy::without_rollouts().permit_seconds(3600).maintenance_windows(window));
    /// # Ok::<(), ota_trust::json::RecordError>(())
    /// ```
    pub fn from_json(bytes: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        Self::read(Scanned::new(bytes, limits)?.strictly(), limits)
    }

    /// Reads a policy that older firmware has to read too, after a fallback: a field that this version
    /// does not know is passed over, unless `crit` lists it. A misspelled one is, too.
    pub fn from_shared_json(bytes: &[u8], limits: &Limits) -> Result<Self, RecordError> {
        Self::read(Scanned::new(bytes, limits)?, limits)
    }

    fn read(scanned: Scanned<'_>, limits: &Limits) -> Result<Self, RecordError> {
        let other = Self::default();
        Ok(record!(
            scanned,
            |r, field| Self {
                schema: schema(1),
                rollouts: required(read_rollouts(r, field)?),
                attestation: default(read_gate(r, limits)?, other.attestation),
                accept_unproven_freshness: default(r.boolean()?, other.accept_unproven_freshness),
                accept_stale: default(r.boolean()?, other.accept_stale),
                max_index_step: default(r.u64()?, other.max_index_step),
                max_failed_boots: default(small(r, field)?, other.max_failed_boots),
                permit_seconds: default(r.u64()?, other.permit_seconds),
                maintenance_windows: default(read_windows(r, field, limits)?, Vec::new()),
                plan_approvals: default(r.u64()?, other.plan_approvals),
                release_approvals: default(r.u64()?, other.release_approvals),
                require_read_back: default(r.boolean()?, false),
            },
            Self {
                rollouts: rollouts?,
                attestation,
                accept_unproven_freshness,
                accept_stale,
                max_index_step,
                max_failed_boots,
                permit_seconds,
                windows: maintenance_windows,
                plan_approvals,
                release_approvals,
                evidence: if require_read_back { Evidence::ReadBack } else { other.evidence },
            }
        ))
    }
}

#[cfg(feature = "repository")]
impl Policy {
    /// The policy as [`from_json`](Self::from_json) reads it, all of it said. What is read again
    /// decides as this one does.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut out = Object::default();
        out.set("schema", Json::number(1));
        out.set("rollouts", Json::text(if self.rollouts { "required" } else { "none" }));
        out.set("attestation", gate_to_json(&self.attestation));
        out.set("accept_unproven_freshness", boolean(self.accept_unproven_freshness));
        out.set("accept_stale", boolean(self.accept_stale));
        out.set("max_index_step", Json::number(self.max_index_step));
        out.set("max_failed_boots", Json::number(self.max_failed_boots.into()));
        out.set("permit_seconds", Json::number(self.permit_seconds));
        let windows: Vec<Json> = self.windows.iter().map(window_to_json).collect();
        out.set("maintenance_windows", array(windows.iter().map(Json::as_str)));
        out.set("plan_approvals", Json::number(self.plan_approvals));
        out.set("release_approvals", Json::number(self.release_approvals));
        out.set("require_read_back", boolean(self.evidence == Evidence::ReadBack));
        out.to_json()
    }
}

#[cfg(feature = "repository")]
fn gate_to_json(gate: &AttestationGate) -> Json {
    let mut out = Object::default();
    let name = match gate {
        AttestationGate::Ignore => "ignore",
        AttestationGate::Prefer => "prefer",
        // Requires nothing anywhere, which no file may say.
        AttestationGate::Require { channels, .. } if channels.is_empty() => "prefer",
        AttestationGate::Require { channels, allow_warning } => {
            out.set("channels", texts_to_json(channels.iter().map(Channel::as_str)));
            out.set("allow_warning", boolean(*allow_warning));
            "require"
        }
    };
    out.set("gate", Json::text(name));
    out.to_json()
}

#[cfg(feature = "repository")]
fn window_to_json(window: &MaintenanceWindow) -> Json {
    let mut object = Object::default();
    object.set("days", Json::number(window.days().into()));
    object.set("start", Json::number(window.start().into()));
    object.set("length", Json::number(window.length().into()));
    object.to_json()
}

#[cfg(feature = "repository")]
fn boolean(value: bool) -> Json {
    Json::published(if value { "true" } else { "false" })
}

fn read_rollouts(r: &mut Reader<'_>, field: &'static str) -> Result<bool, RecordError> {
    match &*r.text()?.decode() {
        "required" => Ok(true),
        "none" => Ok(false),
        _ => Err(RecordError::value(field, "no such requirement")),
    }
}

fn read_gate(r: &mut Reader<'_>, limits: &Limits) -> Result<AttestationGate, RecordError> {
    let list = |r: &mut Reader<'_>, field| {
        fields::list(r, limits.max_list, field, |r, _| fields::name(r, field, Channel::new))
    };
    record!(
        r,
        |r, field| AttestationGate {
            gate: required(r.text()?.decode()),
            channels: default(list(r, field)?, Vec::new()),
            allow_warning: default(r.boolean()?, false),
        },
        match &*gate? {
            // What is said of a gate that asks for nothing was meant for another one.
            "ignore" | "prefer" if !channels.is_empty() || allow_warning => {
                Err(RecordError::value("gate", "it asks for nothing, on no channel"))
            }
            "ignore" => Ok(AttestationGate::Ignore),
            "prefer" => Ok(AttestationGate::Prefer),
            // A gate that asks on no channel asks for nothing: nobody means that.
            "require" if channels.is_empty() => Err(RecordError::Missing { field: "channels" }),
            "require" => Ok(AttestationGate::Require { channels, allow_warning }),
            _ => Err(RecordError::value("gate", "no such gate")),
        }
    )
}

fn read_windows(
    r: &mut Reader<'_>,
    field: &'static str,
    limits: &Limits,
) -> Result<Vec<MaintenanceWindow>, RecordError> {
    fields::list(r, limits.max_list, field, |r, _| read_window(r, field))
}

fn read_window(r: &mut Reader<'_>, field: &'static str) -> Result<MaintenanceWindow, RecordError> {
    let window = record!(
        r,
        |r, field| MaintenanceWindow {
            days: required(small(r, field)?),
            start: required(small(r, field)?),
            length: required(small(r, field)?),
        },
        MaintenanceWindow::new(u8::try_from(days?).unwrap_or(0), start?, length?)
    );
    window.ok_or(RecordError::value(field, "a window that never opens"))
}

fn small(r: &mut Reader<'_>, field: &'static str) -> Result<u32, RecordError> {
    u32::try_from(r.u64()?).map_err(|_| RecordError::value(field, "too large"))
}
