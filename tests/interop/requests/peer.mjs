// The npm package http-message-signatures, as npm.py calls it.
//
//     node peer.mjs sign           drafts (JSON) on stdin, signed messages (JSON) on stdout
//     node peer.mjs read FOLDER    prints `NAME accepted` or `NAME refused WHY` for each file
//
// The package has no clock that can be set, no digests, and no notion of a profile: which
// components and parameters there have to be, and which nonce a response repeats. That is done
// here; signature bases, signatures and the check of times are the package's own doing.

import { createHash, createPublicKey } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { createSigner, createVerifier, httpbis } from "http-message-signatures";
import { parseDictionary } from "structured-headers";

class Refused extends Error {}

const PARAMETERS = {
  request: ["created", "expires", "keyid", "nonce", "tag"],
  response: ["created", "keyid", "nonce", "tag"],
};
const ALWAYS_COVERED = {
  request: ["@method", "@authority", "@path", "@query"],
  response: ["@status", "content-digest"],
};
const COVERED_IF_PRESENT = {
  request: [
    "content-type",
    "content-digest",
    "ota-challenge",
    "ota-counter",
    "ota-certificate",
    "ota-binding",
  ],
  response: ["content-type", "retry-after", "ota-challenge"],
};
const DIGESTS = { "sha-256": "sha256", "sha-512": "sha512" };
const ALGORITHMS = { ed25519: "ed25519", "ecdsa-p256": "ecdsa-p256-sha256" };

// A message as the package takes it: every field with the list of its lines.
function view(message) {
  const headers = {};
  for (const [name, value] of message.fields) {
    (headers[name] ??= []).push(value);
  }
  if (message.kind === "response") {
    return { status: message.status, headers };
  }
  const query = message.query === null ? "" : `?${message.query}`;
  const url = `https://${message.authority}${message.path}${query}`;
  return { method: message.method, url, headers };
}

function requestOf(message) {
  return message.kind === "response" ? message.request : message;
}

async function sign({ message, signatures }) {
  const request = view(requestOf(message));
  let signed = view(message);
  for (const { label, components, parameters, algorithm, key } of signatures) {
    const { created, expires, ...texts } = Object.fromEntries(parameters);
    const paramValues = { created: new Date(created * 1000), ...texts };
    if (expires) {
      paramValues.expires = new Date(expires * 1000);
    }
    const secret = algorithm === "hmac-sha256" ? Buffer.from(key, "hex") : key;
    const config = {
      key: createSigner(secret, ALGORITHMS[algorithm] ?? algorithm),
      name: label,
      params: parameters.map(([name]) => name),
      fields: components,
      paramValues,
    };
    signed = await httpbis.signMessage(config, signed, request);
  }
  const { "Signature-Input": input, Signature: signature } = signed.headers;
  const added = [["signature-input", input], ["signature", signature]];
  return { ...message, fields: [...message.fields, ...added] };
}

// Returns if the message is right.
async function verify(message) {
  const { kind } = message;
  const request = requestOf(message);
  Date.now = () => request.now * 1000;
  const tag = `ota-trust-${kind}-1`;
  const { covered, parameters } = own(message, tag);
  if ([...parameters.keys()].sort().join() !== PARAMETERS[kind].join()) {
    throw new Refused("other parameters than those of the profile");
  }
  const present = new Set(message.fields.map(([name]) => name));
  const required = [...ALWAYS_COVERED[kind]];
  required.push(...COVERED_IF_PRESENT[kind].filter((name) => present.has(name)));
  const asked = own(request, "ota-trust-request-1");
  if (kind === "response") {
    required.push(...[...asked.covered].map((name) => `${name};req`));
  }
  for (const component of required) {
    if (!covered.has(component)) {
      throw new Refused(`not covered: ${component}`);
    }
  }
  const key = keyOf(message);
  const config = {
    keyLookup: async (found) => (found.tag === tag && key.isFor(found.keyid) ? key : null),
    requiredParams: PARAMETERS[kind],
    maxAge: 300,
  };
  if ((await httpbis.verifyMessage(config, view(message), view(request))) !== true) {
    throw new Refused("wrong signature or unknown key");
  }
  if (asked.parameters.get("nonce") !== parameters.get("nonce")) {
    throw new Refused("another nonce than that of the request");
  }
  checkDigest(message, covered);
}

// What the one signature with this tag covers, and its parameters.
function own(message, tag) {
  const lines = view(message).headers["signature-input"] ?? [];
  const members = [...parseDictionary(lines.join(", ")).values()];
  const ours = members.filter(([, parameters]) => parameters.get("tag") === tag);
  if (ours.length !== 1) {
    throw new Refused(`${ours.length} signatures with the tag ${tag}`);
  }
  const [[items, parameters]] = ours;
  const covered = new Set(items.map(([name, flags]) => [name, ...flags.keys()].join(";")));
  return { covered, parameters };
}

function keyOf({ kind, algorithm = "ed25519", public_key: text }) {
  if (algorithm !== "ed25519") {
    return { verify: createVerifier(text, ALGORITHMS[algorithm]), isFor: () => true };
  }
  const raw = Buffer.from(text, "hex");
  const jwk = { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") };
  const verify = createVerifier(createPublicKey({ key: jwk, format: "jwk" }), "ed25519");
  const handle = createHash("sha256").update("ota-trust handle 1\0").update(raw).digest("hex");
  return { verify, isFor: (keyid) => kind === "response" || keyid === handle };
}

function checkDigest(message, covered) {
  const body = Buffer.from(message.body, "hex");
  if (!covered.has("content-digest")) {
    if (body.length > 0) {
      throw new Refused("a body without a covered digest");
    }
    return;
  }
  const lines = view(message).headers["content-digest"];
  let known = 0;
  for (const [name, [digest]] of parseDictionary(lines.join(", "))) {
    if (name in DIGESTS) {
      known += 1;
      if (!createHash(DIGESTS[name]).update(body).digest().equals(Buffer.from(digest))) {
        throw new Refused("wrong digest of the body");
      }
    }
  }
  if (known === 0) {
    throw new Refused("no digest that is known");
  }
}

async function read(folder) {
  for (const name of readdirSync(folder).sort()) {
    const message = JSON.parse(readFileSync(join(folder, name), "utf8"));
    try {
      await verify(message);
      console.log(`${name} accepted`);
    } catch (error) {
      // The package throws Error and its children; anything else is a mistake in this file.
      if (error instanceof TypeError || error instanceof ReferenceError) {
        throw error;
      }
      console.log(`${name} refused ${error.message.replaceAll("\n", " ")}`);
    }
  }
}

const [call, folder] = process.argv.slice(2);
if (call === "sign") {
  const signed = [];
  for (const draft of JSON.parse(readFileSync(0, "utf8"))) {
    signed.push(await sign(draft));
  }
  console.log(JSON.stringify(signed));
} else {
  await read(folder);
}
