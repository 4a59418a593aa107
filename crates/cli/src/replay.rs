//! `idvkit replay`: a recorded session once more, restored before every step.

use std::path::Path;

use anyhow::{Context, Result};
use idvkit_vectors::{Difference, Transcript};

/// Replays a transcript, with another account configuration if one is given; gives the number of steps.
///
/// # Errors
/// If a file cannot be read. The inner error is the first difference.
pub fn replay(transcript: &Path, config: Option<&Path>) -> Result<Result<usize, Difference>> {
    let mut recorded: Transcript = idvkit_vectors::load(transcript)?;
    if let Some(config) = config {
        recorded.config = idvkit_vectors::load(config).context("the configuration")?;
    }
    Ok(recorded.replay().map(|()| recorded.steps.len()))
}
