//! The form in which a device keeps a file.
//!
//! Nobody signs what stands around the signed part. So whoever serves a file can pad it, up to the
//! limit for its role, with white space, unknown fields and signatures of nobody; and a storage that
//! keeps files as received is full for good. What is kept is at most twice what was signed: as received
//! if it is no longer than that, which what publishers write never is, and else written anew.

use alloc::vec::Vec;

use super::Document;
use super::document::Signature;
use crate::json::{canonical, write_str};

/// What an envelope may take besides.
const ENVELOPE: usize = 256;

impl<R> Document<'_, R> {
    /// The form in which the file is to be kept; `None`: as received. `is_kept` says which signatures
    /// count for those who delegate to the role; it is asked only if need be.
    pub(crate) fn stored_form(&self, is_kept: impl Fn(&Signature) -> bool) -> Option<Vec<u8>> {
        let room = |length: usize| length.saturating_mul(2).saturating_add(ENVELOPE);
        let mut length = 0_usize;
        self.publish(&mut |chunk| length = length.saturating_add(chunk.len()));
        if self.text().len() <= room(length) {
            return None;
        }
        let kept: Vec<&Signature> = self.signatures().iter().filter(|s| is_kept(s)).collect();
        let of = |s: &&Signature| s.key_id.as_str().len() + 2 * s.bytes.len();
        let signatures: usize = kept.iter().map(of).sum();
        (self.text().len() > room(length.saturating_add(signatures))).then(|| self.written(&kept))
    }

    /// What is signed, in the form in which it can be published.
    fn publish(&self, out: &mut dyn FnMut(&[u8])) {
        let (text, span, form) = self.signed_span();
        // What was read once can be read again.
        let _ = canonical::stream_published(text, span, form, out);
    }

    fn written(&self, kept: &[&Signature]) -> Vec<u8> {
        let mut text = alloc::string::String::from(r#"{"signatures":["#);
        for (number, signature) in kept.iter().enumerate() {
            text.push_str(if number == 0 { r#"{"keyid":"# } else { r#",{"keyid":"# });
            write_str(&mut text, signature.key_id.as_str());
            text.push_str(r#","sig":""#);
            text.push_str(&hex::encode(&signature.bytes));
            text.push_str(r#""}"#);
        }
        text.push_str(r#"],"signed":"#);
        let mut bytes = text.into_bytes();
        self.publish(&mut |chunk| bytes.extend_from_slice(chunk));
        bytes.push(b'}');
        bytes
    }
}
