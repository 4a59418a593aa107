// The quick start of the README. Compiled with the tests, where there is a compiler.

// [quick start]
import Foundation
import Idvkit

/// Takes one user through Jumio Authentication for Web.
func verify(
    apiBase: String, clock: @escaping Clock, sleepUntil: (UnixMillis) async throws -> Void,
    userTakesASelfie: (Journey) async throws -> String
) async throws -> Outcome {
    let client = Client()

    // Once, at start-up. Without `options` this is the real Jumio.
    let account = try Account(config: """
        {
            "provider": "jumio", "region": "us",
            "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
            "user_agent": "YourCompany YourApp/v1.0",
            "callback": { "url": "https://yourcompany.example/jumio" },
            "options": { "development": true, "api_base": "\(apiBase)" }
        }
        """)

    // For each user: open, store, and go as far as it goes without the user.
    let request = """
        {
            "flow": "jumio_authentication",
            "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
            "success_url": "http://localhost:3000/back", "locale": "de"
        }
        """
    var random = SystemRandomNumberGenerator()
    let seed = Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    let session = try Session.open(account: account, request: request, seed: seed, now: clock())
    let store = MemoryStore(account: account, session: session) // yours: a row with a revision to compare and swap
    guard case let .present(journey, _) = try await advance(client: client, store: store, clock: clock) else {
        fatalError("it could not begin")
    }

    // The user's browser goes through it and comes back to your `success_url`. That is a hint, and no more.
    let url = try await userTakesASelfie(journey)
    try await tell(store: store, input: .redirect(url: url), clock: clock)

    // A worker of yours goes on when `until` comes. Only what it fetches decides.
    while true {
        switch try await advance(client: client, store: store, clock: clock) {
        case let .done(outcome, _): return outcome
        case let .wait(until, _), let .present(_, until): try await sleepUntil(until)
        case .send: fatalError("`advance` sends everything that is to be sent")
        }
    }
}
// [/quick start]
