package idvkit

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import idvkit.types.Input
import idvkit.types.FaultCode
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.RejectCode
import idvkit.types.Why
import kotlinx.serialization.json.JsonArray
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTimeoutPreemptively
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.ThrowingSupplier
import java.net.CookieManager
import java.net.InetSocketAddress
import java.net.http.HttpClient
import java.time.Duration
import java.util.concurrent.Callable
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

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
        Sandbox.reset()
        val merchant = Merchant(Shops.jumio(), Shops.JUMIO_REQUEST)
        together(4) { merchant.advance() }
        val initiated = (Sandbox.control("log") as JsonArray).count { it.text("operation") == "jumio.initiate" }
        assertEquals(1, initiated)
    }

    @Test
    fun `no answer is told`() {
        val step = advance(HttpClient.newHttpClient(), toward("http://127.0.0.1:1")) { T0 }
        assertEquals(FaultCode.NO_ANSWER, ((step as Next.Wait).why as Why.Backoff).fault.code)
    }

    @Test
    fun `a body that does not end is given up`() = server({ it.sendResponseHeaders(200, 0); drip(it) }) { server ->
        val asked = (store.load().next(T0) as Next.Send).request.copy(url = server.url, timeoutMs = 500u)
        val answer = assertTimeoutPreemptively(Duration.ofMinutes(1), ThrowingSupplier { send(HttpClient.newHttpClient(), asked) { T0 } })
        assertTrue(answer is Input.HttpFailed)
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

    @Test
    fun `a clock in seconds is refused`() {
        val asked = AtomicInteger()
        val reject = assertThrows(Reject.Caller::class.java) {
            advance(HttpClient.newHttpClient(), store) { (T0 / 1000).also { goesRound(asked) } }
        }
        assertEquals(RejectCode.NOW_OUT_OF_RANGE, reject.code)
    }

    @Test
    fun `a store that never swaps is a conflict`() {
        val swaps = AtomicInteger()
        val losing = object : Store by store {
            override fun swap(expected: Long, session: Session): Boolean = false.also { goesRound(swaps) }
        }
        assertThrows(Conflict::class.java) { advance(HttpClient.newHttpClient(), losing) { T0 } }
    }

    /** Four sessions meet a refused token at once, and one more later. */
    @Test
    fun `a token is fetched once for all that wait`() {
        val fetched = AtomicInteger()
        server({ exchange ->
            val isToken = exchange.requestURI.path.endsWith("/token")
            if (isToken) fetched.incrementAndGet().also { Thread.sleep(100) }
            val body = """{"access_token": "t", "expires_in": 600, "token_type": "Bearer"}""".encodeToByteArray()
            exchange.sendResponseHeaders(if (isToken) 200 else 401, body.size.toLong())
            exchange.responseBody.use { it.write(body) }
        }) { server ->
            val client = HttpClient.newHttpClient()
            val account = account(Shops.signicat(server.url))
            val drive = { now: Long ->
                val session = Session.open(account, Shops.SIGNICAT_REQUEST.toString(), seed(), now)
                advance(client, MemoryStore(account, session)) { now }
            }
            together(4) { drive(T0) }
            assertEquals(1, fetched.get(), "the refused one is new: nobody fetches another")
            drive(T0 + 6_000)
            assertEquals(2, fetched.get(), "a refused one that is older is fetched anew")
        }
    }

    /** The server's next write finds the connection closed, long before the request's own time-out. */
    @Test
    fun `an interrupt ends the exchange`() {
        val (asked, broken) = List(2) { CountDownLatch(1) }
        server({ exchange ->
            exchange.sendResponseHeaders(200, 0)
            asked.countDown()
            try {
                drip(exchange)
            } catch (_: java.io.IOException) {
                broken.countDown()
            }
        }) { server ->
            val request = (store.load().next(T0) as Next.Send).request.copy(url = server.url, timeoutMs = 60_000u)
            var thrown: Throwable? = null
            val worker = thread { thrown = runCatching { send(HttpClient.newHttpClient(), request) { T0 } }.exceptionOrNull() }
            assertTrue(asked.await(10, TimeUnit.SECONDS))
            worker.interrupt()
            worker.join(10_000)
            assertTrue(thrown is InterruptedException, "$thrown")
            assertTrue(broken.await(10, TimeUnit.SECONDS), "the connection is still open")
        }
    }

    @Test
    fun `an answer that is too large is given up`() {
        val written = java.util.concurrent.atomic.AtomicLong()
        server({ exchange ->
            exchange.sendResponseHeaders(200, 0)
            val part = ByteArray(1 shl 20)
            repeat(200) { exchange.responseBody.write(part).also { written.addAndGet(part.size.toLong()) } }
            exchange.close()
        }) { server ->
            val request = (store.load().next(T0) as Next.Send).request.copy(url = server.url)
            assertTrue(send(HttpClient.newHttpClient(), request) { T0 } is Input.HttpFailed)
            assertTrue(written.get() < 2L * MAX_ANSWER_BYTES, "${written.get()} bytes were read")
        }
    }

    /** Fails instead of never ending. */
    private fun goesRound(count: AtomicInteger) = check(count.incrementAndGet() < 1_000) { "it goes round and round" }

    /** On as many threads at once; what one of them throws is thrown. */
    private fun together(count: Int, work: () -> Unit) {
        val threads = Executors.newFixedThreadPool(count)
        try {
            threads.invokeAll(List(count) { Callable { work() } }).forEach { it.get() }
        } finally {
            threads.shutdownNow()
        }
    }

    private fun toward(url: String): MemoryStore {
        val config = Shops.jumio().with("options" to obj("development" to true, "api_base" to url))
        return MemoryStore(account(config), Session.open(account(config), Shops.JUMIO_REQUEST.toString(), SEED, T0))
    }

    private class Server(val url: String) {
        val seen = mutableListOf<Pair<Map<String, String>, ByteArray>>()
    }

    private fun redirect(exchange: HttpExchange) {
        exchange.responseHeaders["location"] = "https://elsewhere.example/"
        exchange.sendResponseHeaders(302, -1)
        exchange.close()
    }

    /** A body without an end. */
    private fun drip(exchange: HttpExchange): Nothing {
        while (true) exchange.responseBody.run { write(32); flush(); Thread.sleep(20) }
    }

    private fun server(answer: (HttpExchange) -> Unit = ::redirect, use: (Server) -> Unit) {
        val http = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
        val server = Server("http://127.0.0.1:${http.address.port}")
        val threads = Executors.newCachedThreadPool()
        http.executor = threads
        http.createContext("/") { exchange ->
            val headers = exchange.requestHeaders.entries.associate { it.key.lowercase() to it.value.joinToString() }
            synchronized(server) { server.seen += headers to exchange.requestBody.readBytes() }
            answer(exchange)
        }
        http.start()
        try {
            use(server)
        } finally {
            http.stop(0)
            threads.shutdownNow()
        }
    }
}
