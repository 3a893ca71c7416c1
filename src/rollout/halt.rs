//! stub
use crate::json::{Reader, RecordError, record, required};
/// stub
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaltCriteria {
    /// s
    pub minimum_sample: u64,
    /// s
    pub failure_basis_points: super::BasisPoints,
    /// s
    pub silence_seconds: u64,
}
impl HaltCriteria {
    pub(super) fn read(r: &mut Reader<'_>) -> Result<Self, RecordError> {
        let (mut minimum_sample, mut failure, mut silence) = (None, None, None);
        record(r, &["minimum_sample", "failure_basis_points", "silence_seconds"], |r, field| {
            match field {
                "minimum_sample" => minimum_sample = Some(r.u64()?),
                "failure_basis_points" => failure = Some(super::BasisPoints::read(r, field)?),
                _ => silence = Some(r.u64()?),
            }
            Ok(())
        })?;
        Ok(Self {
            minimum_sample: required(minimum_sample, "minimum_sample")?,
            failure_basis_points: required(failure, "failure_basis_points")?,
            silence_seconds: required(silence, "silence_seconds")?,
        })
    }
}
