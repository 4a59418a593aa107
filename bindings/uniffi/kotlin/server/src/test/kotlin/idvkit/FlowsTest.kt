package idvkit

import idvkit.types.Decision
import idvkit.types.Evidence
import idvkit.types.Input
import idvkit.types.Journey
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.ParamValue
import idvkit.types.Seen
import idvkit.types.Way
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.net.http.HttpClient
import java.security.SecureRandom

/** A merchant: an account, a stored session, an HTTP client, and the sandbox's clock. */
internal class Merchant(config: JsonObject, request: JsonObject) {
    val client: HttpClient = HttpClient.newHttpClient()
    val printed = mutableListOf<Any>()
    private val account = account(config)
    val store = MemoryStore(account, Session.open(account, request.toString(), seed(), Sandbox.now()))

    fun advance(): Next = advance(client, store, Sandbox::now).also(printed::add)

    fun tell(input: Input) {
        printed += input
        tell(store, input, Sandbox::now)
    }

    fun journey(): Journey = journeyFromJson((advance() as Next.Present).journey.toJson())

    fun outcome(): Outcome {
        repeat(200) {
            val until = when (val step = advance()) {
                is Next.Done -> return step.outcome
                is Next.Wait -> step.until
                is Next.Present -> step.until
                is Next.Send -> error("`advance` sends everything that is to be sent")
            }
            Sandbox.advance(until - Sandbox.now())
        }
        error("no end")
    }

    fun evidence(): Evidence? = store.load().use { it.evidence() }
}

internal fun seed() = ByteArray(32).also(SecureRandom()::nextBytes)

private inline fun <reified T : Way> Journey.way(): T = ways.firstNotNullOf { it as? T }

/** Whole flows of all four providers against the sandbox, over java.net.http. */
class FlowsTest {
    @BeforeEach
    fun reset() {
        Sandbox.reset()
    }

    @Test
    fun jumio() = runs(Merchant(Shops.jumio(), Shops.JUMIO_REQUEST), Decision.APPROVED, ::throughJumio)

    @Test
    fun attestr() = runs(Merchant(Shops.attestr(), Shops.ATTESTR_REQUEST), Decision.COMPLETED, ::throughAttestr)

    @Test
    fun `biometric kz`() =
        runs(Merchant(Shops.biometricKz(), Shops.BIOMETRIC_KZ_REQUEST), Decision.APPROVED, ::throughBiometricKz)

    @Test
    fun signicat() = runs(Merchant(Shops.signicat(), Shops.SIGNICAT_REQUEST), Decision.APPROVED, ::throughSignicat)

    @Test
    fun `a refusal is declined`() {
        Sandbox.control("script", obj("provider" to "jumio", "outcome" to "FAILED"))
        val merchant = Merchant(Shops.jumio(), Shops.JUMIO_REQUEST)
        throughJumio(merchant)
        assertEquals(Outcome.Decided(Decision.DECLINED), merchant.outcome())
    }

    @Test
    fun `an access token is kept`() {
        val merchant = Merchant(Shops.signicat(), Shops.SIGNICAT_REQUEST)
        throughSignicat(merchant)
        merchant.outcome()
        val operations = (Sandbox.control("log") as JsonArray).map { it.text("operation") }
        assertEquals(1, operations.count { it == "signicat.token" }, operations.toString())
    }

    private fun runs(merchant: Merchant, decision: Decision, user: (Merchant) -> Unit) {
        user(merchant)
        assertEquals(Outcome.Decided(decision), merchant.outcome())
        val evidence = checkNotNull(merchant.evidence())
        assertTrue(evidence.raw.isNotEmpty() && !evidence.source.production)
        merchant.store.load().use { assertTrue(it.references().isNotEmpty()) }
        assertNothingSecret(merchant.printed + evidence + listOfNotNull(evidence.person, evidence.person?.document))
    }

    private fun throughJumio(merchant: Merchant) {
        val browser = Browser()
        browser.open(merchant.journey().way<Way.Redirect>().url)
        merchant.tell(Input.Redirect(checkNotNull(browser.press("acceptable"))))
    }

    private fun throughAttestr(merchant: Merchant) {
        val journey = merchant.journey()
        val handshake = merchant.store.load().use { it.references().first() }
        assertTrue(journey.way<Way.Script>().options.any { it.value == ParamValue.Text(handshake) })
        val browser = Browser()
        browser.open("${Sandbox.url}/attestr/flow/$handshake?cl=00112233445566778899aabbccddeeff&lc=en")
        browser.press("begin")
        browser.press("submit", "pan" to "ABCPE1234F")
        browser.press("send_code", "mobile" to "9876543210")
        browser.press("submit", "otp" to browser.html.substringAfter("data-otp=\"").take(6))
        browser.press("submit")
        val (handler, data) = browser.data("data-handler").single()
        merchant.tell(Input.Hint(checkNotNull(read(journey, Seen.Event(handler, data)))))
    }

    private fun throughBiometricKz(merchant: Merchant) {
        val journey = merchant.journey()
        val browser = Browser()
        browser.open(journey.way<Way.WebView>().url)
        while ("<form" in browser.html) browser.press(if ("value=\"begin\"" in browser.html) "begin" else "submit")
        merchant.tell(Input.Hint(checkNotNull(read(journey, Seen.Navigation(browser.url)))))
    }

    private fun throughSignicat(merchant: Merchant) {
        val browser = Browser()
        browser.open(merchant.journey().way<Way.Redirect>().url)
        merchant.tell(Input.Redirect(checkNotNull(browser.press("submit"))))
    }
}

/** What `toString` gives must hold no credential, no link, no token and nothing about the person. */
private fun assertNothingSecret(values: List<Any>) {
    val printed = values.joinToString("\n")
    val secret = listOf(
        "sandbox-jumio-secret", "sandbox-jumio-token", "sandbox-signicat-secret", "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4",
        "0123456789abcdef0123456789abcdef", "sandbox-flow-key", "authorizationToken", "Authorization", "http://", "ABCPE1234F",
        "9876543210", "signature\"", "birth", "iin",
    )
    for (text in secret) assertFalse(text in printed, "$text is in: $printed")
}
