//! `Publishable` comes out of a finished release and from nowhere else.
use std::sync::Arc;

use ota_trust::metadata::Targets;
use ota_trust::repository::Publishable;
use ota_trust::update::RemoteFile;
use ota_trust::verify::Authentic;

fn forged(file: RemoteFile, stored: Authentic<'static, Targets>) -> Publishable<Targets> {
    Publishable { file, metadata: Arc::new(stored) }
}

fn main() {}
