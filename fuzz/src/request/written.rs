//! A signature as it is written: good, until it is spoiled.

use std::iter::once;

use super::super::choices::Choices;
use super::super::signing::sign;
use super::base64;
use super::message::{Fields, base};
use super::odd::{COMPONENTS, FURTHER, LABELS, MARKS, NONCES, TIMES};
use super::structured::{Item, Value, dictionary};

#[derive(Clone, Debug)]
pub struct Written {
    /// As they are written.
    pub components: Vec<String>,
    /// `name=value`
    pub parameters: Vec<String>,
    pub label: String,
    /// Bytes that are put into our member of `Signature-Input`, where, and instead of how many.
    splices: Vec<(usize, usize, Vec<u8>)>,
}

impl Written {
    pub fn new(components: &[&str], parameters: Vec<String>) -> Self {
        let components = components.iter().map(|name| format!("\"{name}\"")).collect();
        Self { components, parameters, label: "ota".to_owned(), splices: Vec::new() }
    }

    pub fn cover(&mut self, component: &str) {
        if !self.components.iter().any(|known| known == component) {
            self.components.push(component.to_owned());
        }
    }

    /// Gives a parameter another value, where it stands.
    pub fn parameter(&mut self, name: &str, value: &str) {
        let is_of = |one: &&mut String| one.split('=').next() == Some(name);
        if let Some(parameter) = self.parameters.iter_mut().find(is_of) {
            *parameter = format!("{name}={value}");
        }
    }

    pub fn spoil(&mut self, choices: &mut Choices<'_>) {
        let component = choices.below(self.components.len());
        let parameter = choices.below(self.parameters.len());
        match choices.below(15) {
            0 => drop(self.components.remove(component)),
            1 => self.components.insert(component, self.components[component].clone()),
            2 => self.components.swap(component, 0),
            3 => {
                let mark = *choices.one_of(&MARKS);
                self.components[component].push_str(mark);
            }
            4 => self.components.insert(component, (*choices.one_of(&COMPONENTS)).to_owned()),
            5 => self.components.push((*choices.one_of(&COMPONENTS)).to_owned()),
            6 => drop(self.parameters.remove(parameter)),
            7 => self.parameters.insert(parameter, self.parameters[parameter].clone()),
            8 => self.parameters.swap(parameter, 0),
            9 => {
                let name = *choices.one_of(&["created", "expires"]);
                let time = *choices.one_of(&TIMES);
                self.parameter(name, time);
            }
            10 => {
                let nonce = *choices.one_of(&NONCES);
                self.parameter("nonce", nonce);
            }
            11 => self.parameters.insert(parameter, (*choices.one_of(&FURTHER)).to_owned()),
            12 => (*choices.one_of(&LABELS)).clone_into(&mut self.label),
            13 => {
                let (at, gone) = (choices.wide(), choices.below(4));
                self.splices.push((at, gone, choices.text(4).to_vec()));
            }
            _ => self.splices.push((0, usize::MAX, choices.text(255).to_vec())),
        }
        // Something is always there to be chosen from.
        if self.components.is_empty() {
            self.components.push("\"@path\"".to_owned());
        }
        if self.parameters.is_empty() {
            self.parameters.push("x".to_owned());
        }
    }

    /// Adds the two fields, signed as it is.
    pub fn sign(&self, key: usize, fields: &mut Fields, value: impl Fn(&Item) -> Vec<u8>) {
        let member = self.member();
        let text = String::from_utf8_lossy(&member).into_owned();
        let components = match dictionary(format!("a={text}").as_bytes()).as_deref() {
            Some([ours]) => match &ours.value {
                Value::List(items) => items.clone(),
                Value::Bare(_) => Vec::new(),
            },
            _ => Vec::new(),
        };
        let signature = base64::encode(&sign(key, &base(&components, value, &text)));
        let label = format!("{}=", self.label);
        let input = once(label.as_bytes()).chain(once(&*member)).collect::<Vec<_>>().concat();
        fields.push(("signature-input".to_owned(), input));
        fields.push(("signature".to_owned(), format!("{label}:{signature}:").into()));
    }

    /// Our member of `Signature-Input`.
    fn member(&self) -> Vec<u8> {
        let components = self.components.join(" ");
        let mut member = format!("({components});{}", self.parameters.join(";")).into_bytes();
        for (at, gone, bytes) in &self.splices {
            let start = at % (member.len() + 1);
            let end = start.saturating_add(*gone).min(member.len());
            member.splice(start..end, bytes.iter().copied());
        }
        member
    }
}
