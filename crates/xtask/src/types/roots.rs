//! Which types cross into other languages.

use anyhow::Result;
use idvkit::{Blame, Catalog, Diagnosis, Evidence, Input, Journey, Next, Seen};
use schemars::generate::{SchemaGenerator, SchemaSettings};

use super::model::{Type, read};

/// All types that a binding hands over or takes, in order of their names.
pub(super) fn types() -> Result<Vec<Type>> {
    let mut generator = generator();
    generator.subschema_for::<Blame>();
    generator.subschema_for::<Next>();
    generator.subschema_for::<Input>();
    generator.subschema_for::<Seen>();
    generator.subschema_for::<Evidence>();
    generator.subschema_for::<Catalog>();
    generator.subschema_for::<Diagnosis>();
    declared(generator)
}

/// What a page handles, and no more.
pub(super) fn page_types() -> Result<Vec<Type>> {
    let mut generator = generator();
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
