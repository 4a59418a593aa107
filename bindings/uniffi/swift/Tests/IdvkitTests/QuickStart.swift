// The quick start of the README. Compiled with the tests, where there is a compiler.

// [quick start]
import Foundation
import Idvkit

/// Takes one user through Jumio Authentication for Web.
func verify(
    apiBase: String, clock: @escaping Clock, sleepUntil: (UnixMillis) async throws -> Void,
    userTakesASelfie: (Journey) async throws -> String
) async throws -> Outcome {
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

    let accounts = Accounts.of(account: account)
    let client = Client(accounts: accounts, store: MemoryStore(), clock: clock) // the store is yours: rows of a database

    // For each user: begin, and go as far as it goes without the user.
    let request = """
        {
            "flow": "jumio_authentication",
            "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
            "success_url": "http://localhost:3000/back", "locale": "de"
        }
        """
    let id = try await client.begin(plan: request, key: "order-7")
    guard case let .present(journey, _) = try await client.advance(id: id) else { fatalError("it could not begin") }

    // The user's browser goes through it and comes back to your `success_url`. That is a hint, and no more.
    let url = try await userTakesASelfie(journey)
    _ = try await client.hear(input: .redirect(url: url))

    // A worker of yours goes on when the row is due. Only what it fetches decides.
    while true {
        switch try await client.advance(id: id) {
        case let .done(outcome, _): return outcome
        case let .wait(until, _), let .present(_, until): try await sleepUntil(until)
        case .send: fatalError("`advance` sends everything that is to be sent")
        }
    }
}
// [/quick start]
