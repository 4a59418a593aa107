//! Hosts verifications. `CONTRACT.md` beside this crate says what the hosting kit of every language does.

/// The tables: the SQL of each version of the schema, in order, for `SQLite` and `PostgreSQL` alike.
pub const SCHEMA: &[&str] = &[include_str!("../schema/1.sql")];

/// The routes, as an `OpenAPI` 3.1 document in JSON.
pub const OPENAPI: &str = include_str!("../openapi.json");
