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
import idvkit.types.Why
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import java.net.CookieManager
import java.net.InetSocketAddress
import java.net.http.HttpClient
import java.security.SecureRandom
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

/** A merchant: an account, a stored session, an HTTP client, and the sandbox's clock. */
private class Merchant(config: JsonObject, request: JsonObject) {
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

private fun seed() = ByteArray(32).also(SecureRandom()::nextBytes)

private inline fun <reified T : Way> Journey.way(): T = ways.firstNotNullOf { it as? T }

/** Whole flows of all four providers against the sandbox, over java.net.http. */
class FlowsTest {
    @BeforeEach
    fun reset() {
        Sandbox.control("reset", obj())
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

class AdvanceTest {
    private val store = MemoryStore(
        account(Shops.jumio()),
        Session.open(account(Shops.jumio()), Shops.JUMIO_REQUEST.toString(), SEED, T0),
    )

    /** No header of the client's own but its name, no redirect followed, exactly the bytes. */
    @Test
    fun `a request is sent as it stands`() = server { server ->
        val first = store.load().next(T0) as Next.Send
        val step = advance(HttpClient.newHttpClient(), toward(server.url)) { T0 } as Next.Done
        assertEquals(302, (step.outcome as Outcome.Failed).fault.status?.toInt())
        val (headers, body) = server.seen.single()
        val own = setOf("host", "content-length", "connection", "upgrade", "http2-settings")
        assertEquals(first.request.headers.associate { it.name.lowercase() to it.value }, headers.filterKeys { it !in own })
        assertTrue(body.contentEquals(first.request.body))
    }

    @Test
    fun `a lost claim does not send`() {
        val first = store.load().next(T0) as Next.Send
        tell(store, Input.Sending(first.request.id)) { T0 }
        assertEquals(Next.Wait(T0 + 60_000, Why.InFlight), advance(HttpClient.newHttpClient(), store) { T0 })
    }

    @Test
    fun `two workers send once`() {
        Sandbox.control("reset", obj())
        val merchant = Merchant(Shops.jumio(), Shops.JUMIO_REQUEST)
        List(4) { thread { merchant.advance() } }.forEach(Thread::join)
        val initiated = (Sandbox.control("log") as JsonArray).count { it.text("operation") == "jumio.initiate" }
        assertEquals(1, initiated)
    }

    @Test
    fun `no answer is told`() {
        val step = advance(HttpClient.newHttpClient(), toward("http://127.0.0.1:1")) { T0 }
        assertEquals("no_answer", ((step as Next.Wait).why as Why.Backoff).fault.code)
    }

    @Test
    fun `a body that does not end is given up`() = server(endless = true) { server ->
        val asked = (store.load().next(T0) as Next.Send).request.copy(url = server.url, timeoutMs = 500u)
        val start = System.nanoTime()
        assertTrue(send(HttpClient.newHttpClient(), asked) { T0 } is Input.HttpFailed)
        assertTrue(System.nanoTime() - start < 5_000_000_000)
    }

    @Test
    fun `a helpful client is refused`() {
        val follows = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build()
        val cookies = HttpClient.newBuilder().cookieHandler(CookieManager()).build()
        for (client in listOf(follows, cookies)) {
            assertThrows(IllegalArgumentException::class.java) { advance(client, store) { T0 } }
        }
    }

    @Test
    fun `whoever keeps losing is told`() {
        val changes = AtomicInteger()
        val losing = object : Store by store {
            override fun swap(expected: Long, session: Session): Boolean = false.also { changes.incrementAndGet() }
        }
        val first = store.load().next(T0) as Next.Send
        assertThrows(Conflict::class.java) { tell(losing, Input.HttpFailed(first.request.id)) { T0 } }
        assertEquals(100, changes.get())
    }

    private fun toward(url: String): MemoryStore {
        val config = Shops.jumio().with("options" to obj("development" to true, "api_base" to url))
        return MemoryStore(account(config), Session.open(account(config), Shops.JUMIO_REQUEST.toString(), SEED, T0))
    }

    private class Server(val url: String) {
        val seen = mutableListOf<Pair<Map<String, String>, ByteArray>>()
    }

    private fun server(endless: Boolean = false, use: (Server) -> Unit) {
        val http = com.sun.net.httpserver.HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
        val server = Server("http://127.0.0.1:${http.address.port}")
        http.createContext("/") { exchange ->
            val headers = exchange.requestHeaders.entries.associate { it.key.lowercase() to it.value.joinToString() }
            server.seen += headers to exchange.requestBody.readBytes()
            if (endless) {
                exchange.sendResponseHeaders(200, 0)
                while (true) exchange.responseBody.run { write(32); flush(); Thread.sleep(20) }
            }
            exchange.responseHeaders["location"] = "https://elsewhere.example/"
            exchange.sendResponseHeaders(302, -1)
            exchange.close()
        }
        http.start()
        try {
            use(server)
        } finally {
            http.stop(0)
        }
    }
}
