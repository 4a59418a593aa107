// The quick start of the README.

// [quick start]
import idvkit.Account
import idvkit.Clock
import idvkit.MemoryStore
import idvkit.Session
import idvkit.advance
import idvkit.tell
import idvkit.types.Input
import idvkit.types.Journey
import idvkit.types.Next
import idvkit.types.Outcome
import java.net.http.HttpClient
import java.security.SecureRandom

/** Takes one user through Jumio Authentication for Web. */
fun verify(apiBase: String, clock: Clock, sleepUntil: (Long) -> Unit, userTakesASelfie: (Journey) -> String): Outcome {
    val client = HttpClient.newHttpClient()

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

    // For each user: open, store, and go as far as it goes without the user.
    val request = """{
        "flow": "jumio_authentication",
        "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
        "success_url": "http://localhost:3000/back", "locale": "de"
    }"""
    val session = Session.open(account, request, ByteArray(32).also(SecureRandom()::nextBytes), clock())
    val store = MemoryStore(account, session) // yours: a row with a revision to compare and swap
    val step = advance(client, store, clock) as? Next.Present ?: error("it could not begin")

    // The user's browser goes through it and comes back to your `success_url`. That is a hint, and no more.
    val url = userTakesASelfie(step.journey)
    tell(store, Input.Redirect(url), clock)

    // A worker of yours goes on when `until` comes. Only what it fetches decides.
    while (true) {
        when (val next = advance(client, store, clock)) {
            is Next.Done -> return next.outcome
            is Next.Wait -> sleepUntil(next.until)
            is Next.Present -> sleepUntil(next.until)
            is Next.Send -> error("`advance` sends everything that is to be sent")
        }
    }
}
// [/quick start]
