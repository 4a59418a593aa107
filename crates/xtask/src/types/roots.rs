//! Which types cross into other languages.

use anyhow::Result;
use idvkit::{Blame, Catalog, Diagnosis, Evidence, Input, KeyForm, Next, Seen, Subject, TagEncoding};
use schemars::generate::SchemaSettings;

use super::model::{Type, read};

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
    generator.take_definitions(true).iter().map(|(name, schema)| read(name, schema)).collect()
}
