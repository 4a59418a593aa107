//! Which types cross into other languages.

use anyhow::Result;
use idvkit::{Blame, Catalog, Diagnosis, Evidence, Input, KeyForm, Next, REJECT_CODES, Seen, Subject, TagEncoding};
use schemars::generate::SchemaSettings;

use super::model::{Kind, Type, read};

/// All types that a binding hands over or takes, in order of their names.
pub(super) fn types() -> Result<Vec<Type>> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.subschema_for::<Blame>();
    generator.subschema_for::<Next>();
    generator.subschema_for::<Input>();
    generator.subschema_for::<Seen>();
    generator.subschema_for::<Evidence>();
    generator.subschema_for::<Catalog>();
    generator.subschema_for::<Diagnosis>();
    generator.subschema_for::<Subject>();
    generator.subschema_for::<TagEncoding>();
    generator.subschema_for::<KeyForm>();
    let definitions = generator.take_definitions(true);
    let declared = definitions.iter().map(|(name, schema)| read(name, schema));
    declared.chain([Ok(reject_codes())]).collect()
}

/// Rust has the codes as a table, the other languages as a type.
fn reject_codes() -> Type {
    let codes = REJECT_CODES.iter().map(|(code, _)| (*code).to_string()).collect();
    let doc = "The codes that a refusal can have. New ones may be added; none is ever given another meaning.".into();
    Type { name: "RejectCode".into(), doc, sealed: false, kind: Kind::Codes(codes) }
}
