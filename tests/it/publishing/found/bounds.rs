//! Time and memory.

use super::*;

/// A role `r` whose own file, signed by its own key, has 2 to the power of `bits` bins.
fn with_bins_of_a_delegate(house: &mut House, bits: u32) -> Published {
    house.policy.list_digests = false;
    house.publish(|draft| {
        delegate(draft, "targets", &delegation("r", "r", &["r/*"]), "r");
        delegate(draft, "targets", &delegation("other", "r", &["other/*"]), "other");
    });
    let mut file: serde_json::Value = serde_json::from_slice(&house.web.0["1.r.json"]).unwrap();
    let succinct = serde_json::json!({
        "bit_length": bits, "name_prefix": "bin", "keyids": ["k"], "threshold": 1,
    });
    let listed = serde_json::json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {
        "public": public("r").value(),
    }});
    file["signed"]["delegations"] =
        serde_json::json!({"keys": {"k": listed}, "succinct_roles": succinct});
    let signature = key("r").sign(file["signed"].to_string().as_bytes()).unwrap();
    file["signatures"][0]["sig"] = hex::encode(signature).into();
    let mut published = reopened(house);
    for name in ["targets", "other"] {
        load(&mut published, house, name).unwrap();
    }
    published.load(&role("r"), file.to_string().into_bytes()).unwrap();
    published
}

#[test]
fn succinct_bins_without_end_are_refused_at_once() {
    let mut house = House::new().with_keys(&["r"]);
    let published = with_bins_of_a_delegate(&mut house, 32);
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut draft = published.draft();
        draft.renew(&role("r")).unwrap();
        let sealed = draft.seal(now(), &Policy::default());
        sender.send(sealed.map(|_| ()).map_err(|error| error.code()))
    });
    let answer = receiver.recv_timeout(std::time::Duration::from_secs(20));
    assert!(matches!(answer, Ok(Err(_))), "{answer:?}");
}

#[test]
fn the_bins_of_a_role_that_does_not_change_are_not_walked_either() {
    let mut house = House::new().with_keys(&["r"]);
    // With 32 bits this takes all memory that there is.
    let published = with_bins_of_a_delegate(&mut house, 20);
    let mut draft = published.draft();
    let paths = PathSet::patterns(["others/*"]);
    draft.targets().unwrap().set_paths(&role("other"), paths).unwrap();
    let sealed = draft.seal(now(), &Policy::default());
    assert_eq!(sealed.err().map(|error| error.code()), Some("seal.bins"));
}
