//! The `idvkit` program.
#[tokio::main]
async fn main() {
    let s = idvkit_cli::demo::Selection::default();
    let reports = idvkit_cli::demo::play_all(&s, 1, std::env::args().nth(1).as_ref().map(std::path::Path::new), |r| { idvkit_cli::demo::report::write_timeline(&mut anstream::stdout(), r).unwrap(); }).await;
    idvkit_cli::demo::report::write_summary(&mut anstream::stdout(), &reports).unwrap();
}
