// The quick start of the README.

// [quick start]
import idvkit.Account
import idvkit.Accounts
import idvkit.Client
import idvkit.Clock
import idvkit.MemoryStore
import idvkit.types.Input
import idvkit.types.Journey
import idvkit.types.Next
import idvkit.types.Outcome

/** Takes one user through Jumio Authentication for Web. */
fun verify(apiBase: String, clock: Clock, sleepUntil: (Long) -> Unit, userTakesASelfie: (Journey) -> String): Outcome {
    // Once, at start-up. Without `options` this is the real Jumio.
    val account = Account(
        """{
            "provider": "jumio", "region": "us",
            "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
            "user_agent": "YourCompany YourApp/v1.0",
            "callback": { "url": "https://yourcompany.example/jumio" },
            "options": { "development": true, "api_base": "$apiBase" }
        }""",
    )
    val client = Client(Accounts.of(account), MemoryStore(), clock = clock) // the store is yours: rows of a database

    // For each user: begin, and go as far as it goes without the user.
    val request = """{
        "flow": "jumio_authentication",
        "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
        "success_url": "http://localhost:3000/back", "locale": "de"
    }"""
    val id = client.begin(request, "order-7")
    val step = client.advance(id) as? Next.Present ?: error("it could not begin")

    // The user's browser goes through it and comes back to your `success_url`. That is a hint, and no more.
    val url = userTakesASelfie(step.journey)
    client.hear(Input.Redirect(url))

    // A worker of yours goes on when the row is due. Only what it fetches decides.
    while (true) {
        when (val next = client.advance(id)) {
            is Next.Done -> return next.outcome
            is Next.Wait -> sleepUntil(next.until)
            is Next.Present -> sleepUntil(next.until)
            is Next.Send -> error("`advance` sends everything that is to be sent")
        }
    }
}
// [/quick start]
