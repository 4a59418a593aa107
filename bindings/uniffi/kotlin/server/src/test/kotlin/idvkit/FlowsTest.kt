package idvkit

import idvkit.types.Answer
import idvkit.types.Ask
import idvkit.types.Decision
import idvkit.types.Input
import idvkit.types.Journey
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.ParamValue
import idvkit.types.Row
import idvkit.types.Seen
import idvkit.types.Way
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test

/** A merchant: a client, a store, one verification, and the sandbox's clock. */
internal class Merchant(val accounts: Accounts, plan: String, onOutcome: Act? = null) {
    val printed = mutableListOf<Any>()
    val store = MemoryStore()
    val client = Client(accounts, store, clock = Sandbox::now, onOutcome = onOutcome)
    val id = client.begin(plan, "order-7")

    constructor(config: JsonObject, request: JsonObject) : this(Accounts.of(account(config)), request.toString())

    fun advance(): Next = client.advance(id).also(printed::add)

    fun tell(input: Input) {
        printed += input
        client.tell(id, input)
    }

    /** The provider's page came back here. */
    fun back(url: String?) = assertEquals(id, client.hear(Input.Redirect(checkNotNull(url))))

    fun journey(): Journey = journeyFromJson((advance() as Next.Present).journey.toJson())

    fun row(): Row = checkNotNull(store.row(id))

    fun verification(): Verification = checkNotNull(client.verification(id))

    fun outcome(): Outcome {
        repeat(200) {
            val until = when (val step = advance()) {
                is Next.Done -> return step.outcome
                is Next.Wait -> step.until
                is Next.Present -> step.until
                is Next.Send -> error("`advance` sends everything that is to be sent")
            }
            assertEquals(until, row().due)
            Sandbox.advance(until - Sandbox.now())
        }
        error("no end")
    }
}

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
    fun `images after a decision`() {
        val merchant = Merchant(Shops.jumio(), Shops.JUMIO_REQUEST)
        throughJumio(merchant)
        merchant.outcome()
        val account = merchant.accounts.account("jumio")!!
        val urls = parse(merchant.verification().evidence()!!.raw.decodeToString()).some("images").map { it.must("href") }
        for (url in urls) {
            val image = checkNotNull(merchant.client.exchange(jumioImageRequest(account, url)))
            assertEquals(200, image.status.toInt())
            assertTrue(image.body.toHexString().let { it.startsWith("89504e47") || it.startsWith("ffd8") })
        }
        assertEquals("image_url_foreign", codeOf { jumioImageRequest(account, "https://elsewhere.example/face") })
        assertEquals("request_of_other_provider", codeOf { jumioImageRequest(account(Shops.signicat()), urls[0]) })
    }

    @Test
    fun `a dossier after a decision`() {
        val merchant = Merchant(Shops.signicat(), Shops.SIGNICAT_REQUEST)
        throughSignicat(merchant)
        merchant.outcome()
        val account = merchant.accounts.account("signicat")!!
        val process = parse(merchant.verification().evidence()!!.raw.decodeToString()).must("processId")
        val dossier = merchant.row().references.first().reference
        val token = checkNotNull(merchant.client.exchange(signicatTokenRequest(account)))
        val result = checkNotNull(merchant.client.exchange(signicatDownloadRequest(account, dossier, process, token)))
        assertEquals(200 to "PK", result.status.toInt() to result.body.decodeToString(0, 2))
        val fetched = (Sandbox.control("log") as JsonArray).count { it.text("operation") == "signicat.token" }
        assertEquals(1, fetched, "that of the session is kept")
        val without = Answer(200u, emptyList(), "{}".encodeToByteArray())
        assertEquals("reference_invalid", codeOf { signicatDownloadRequest(account, "../x", process, token) })
        assertEquals("token_malformed", codeOf { signicatDownloadRequest(account, dossier, process, without) })
        assertEquals("request_of_other_provider", codeOf { signicatTokenRequest(account(Shops.jumio())) })
    }

    @Test
    fun `a refusal is declined`() {
        Sandbox.control("script", obj("provider" to "jumio", "outcome" to "FAILED"))
        val merchant = Merchant(Shops.jumio(), Shops.JUMIO_REQUEST)
        throughJumio(merchant)
        assertEquals(Outcome.Decided(Decision.DECLINED), merchant.outcome())
    }

    /** The first one refuses the account, the second one decides, and the outcome is handed over until it is acted on. */
    @Test
    fun `another provider is tried as the plan says`() {
        val acted = mutableListOf<Ask.Deliver>()
        val accounts = Accounts(
            mapOf("us" to account(Shops.jumio().with("api_secret" to "wrong")), "kz" to account(Shops.biometricKz())),
        )
        val second = obj("request" to Shops.BIOMETRIC_KZ_REQUEST, "when" to listOf("failed"))
        val plan = json(listOf(obj("request" to Shops.JUMIO_REQUEST), second))
        val merchant = Merchant(accounts, plan.toString()) { ended, verification ->
            acted += ended
            check(acted.size > 1) { "the shop's own database is away" }
            assertEquals(listOf("jumio" to false, "biometric_kz" to true), verification.attempts().map { it.provider to it.decides })
            assertNotNull(verification.evidence())
        }
        throughBiometricKz(merchant)
        assertEquals(Outcome.Decided(Decision.APPROVED), merchant.outcome())
        assertEquals(listOf("kz", "order-7", 1u), merchant.row().run { listOf(account, key, delivery?.failures) })
        Sandbox.advance(merchant.row().due!! - Sandbox.now())
        assertEquals(listOf(merchant.id), merchant.store.due(Sandbox.now()))
        repeat(2) { merchant.advance() }
        assertEquals(listOf("order-7" to acted[0].delivery.id, "order-7" to acted[0].delivery.id), acted.map { it.key to it.delivery.id })
        assertNull(merchant.row().due)
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
        val verification = merchant.verification()
        assertEquals(verification.outcome(), merchant.row().outcome)
        assertEquals(verification.references(), merchant.row().references)
        assertTrue(merchant.row().references.isNotEmpty())
        val evidence = checkNotNull(verification.evidence())
        assertTrue(evidence.raw.isNotEmpty() && !evidence.source.production)
        assertNothingSecret(merchant.printed + listOf(evidence, verification, merchant.accounts, merchant.row()) + listOfNotNull(evidence.person, evidence.person?.document))
    }

    private fun throughJumio(merchant: Merchant) {
        val browser = Browser()
        browser.open(merchant.journey().way<Way.Redirect>().url)
        merchant.back(browser.press("acceptable"))
    }

    private fun throughAttestr(merchant: Merchant) {
        val journey = merchant.journey()
        val handshake = merchant.row().references.first().reference
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
        assertTrue(merchant.verification().use { it.technologies() }.isNotEmpty())
        val browser = Browser()
        browser.open(journey.way<Way.WebView>().url)
        while ("<form" in browser.html) browser.press(if ("value=\"begin\"" in browser.html) "begin" else "submit")
        merchant.tell(Input.Hint(checkNotNull(read(journey, Seen.Navigation(browser.url)))))
    }

    private fun throughSignicat(merchant: Merchant) {
        val browser = Browser()
        browser.open(merchant.journey().way<Way.Redirect>().url)
        merchant.back(browser.press("submit"))
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
