//! Which types cross into other languages.

use anyhow::Result;
use idvkit::{
    Blame, Catalog, Diagnosis, Evidence, Input, Journey, KeyForm, Next, ProviderId, RejectCode, Seen, TagEncoding,
    driver::{Ask, Attempt, Told},
};
use schemars::generate::{SchemaGenerator, SchemaSettings};

use super::model::{Kind, Type, read};

/// All types that a binding hands over or takes, in order of their names.
pub(super) fn types() -> Result<Vec<Type>> {
    let mut generator = generator();
    generator.subschema_for::<Blame>();
    generator.subschema_for::<ProviderId>();
    generator.subschema_for::<Next>();
    generator.subschema_for::<Input>();
    generator.subschema_for::<Ask>();
    generator.subschema_for::<Told>();
    generator.subschema_for::<Attempt>();
    generator.subschema_for::<Seen>();
    generator.subschema_for::<Evidence>();
    generator.subschema_for::<Catalog>();
    generator.subschema_for::<Diagnosis>();
    generator.subschema_for::<TagEncoding>();
    generator.subschema_for::<KeyForm>();
    let mut types = declared(generator)?;
    types.push(reject_codes());
    Ok(types)
}

/// A refusal has its code as text in the other languages: of a closed list that may grow.
fn reject_codes() -> Type {
    let codes = RejectCode::ALL.iter().map(ToString::to_string).collect();
    let doc = "The codes that a refusal can have. New ones may be added; none is ever given another meaning.".into();
    Type { name: "RejectCode".into(), doc, sealed: false, kind: Kind::Codes(codes) }
}

/// What a page handles, and no more.
pub(super) fn page_types() -> Result<Vec<Type>> {
    let mut generator = generator();
    generator.subschema_for::<ProviderId>();
    generator.subschema_for::<Journey>();
    generator.subschema_for::<Seen>();
    declared(generator)
}

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

fn declared(mut generator: SchemaGenerator) -> Result<Vec<Type>> {
    generator.take_definitions(true).iter().map(|(name, schema)| read(name, schema)).collect()
}
