package idvkit

import idvkit.types.Ask
import idvkit.types.Blob
import idvkit.types.FaultCode
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.RejectCode
import idvkit.types.Row
import idvkit.types.Told
import idvkit.types.Why
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTimeoutPreemptively
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.function.ThrowingSupplier
import java.net.CookieManager
import java.net.http.HttpClient
import java.time.Duration
import java.util.concurrent.Callable
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.concurrent.thread

private val REQUEST = Shops.JUMIO_REQUEST.toString()

/** What a client does when others are at it as well, and when nobody answers. */
class ClientTest {
    private val store = MemoryStore()

    /** No header of the client's own but its name, no redirect followed, exactly the bytes. */
    @Test
    fun `a request is sent as it stands`() = server { server ->
        val (client, id) = toward(server.url)
        val first = (checkNotNull(client.verification(id)).next(T0) as Next.Send).request
        val step = client.advance(id) as Next.Done
        assertEquals(302, (step.outcome as Outcome.Failed).fault.status?.toInt())
        val (headers, body) = server.seen.single()
        val own = setOf("host", "content-length", "connection", "upgrade", "http2-settings")
        assertEquals(first.headers.associate { it.name.lowercase() to it.value }, headers.filterKeys { it !in own })
        assertTrue(body.contentEquals(first.body))
    }

    @Test
    fun `a key is begun once`() = server { server ->
        val (client, id) = toward(server.url)
        assertEquals(id, client.begin(REQUEST, "order-7"))
        assertNotEquals(id, client.begin(REQUEST, "order-8"))
        assertNull(client.verification("0".repeat(32)))
        val refused = { call: () -> Unit -> assertThrows(Reject.Caller::class.java) { call() }.code }
        assertEquals(RejectCode.VERIFICATION_UNKNOWN, refused { client.advance("0".repeat(32)) })
        assertEquals(RejectCode.PLAN_MALFORMED, refused { client.begin("[]", "order-9") })
        assertTrue(server.seen.isEmpty())
    }

    /** A worker that died with a request under way: nobody knows whether it was sent. */
    @Test
    fun `a lost claim does not send`() = server { server ->
        val (client, id) = toward(server.url)
        Driver.advance(client.accounts, id).use { died ->
            var ask = died.ask()
            while (ask !is Ask.Exchange) {
                val told = if (ask is Ask.Load) store.load(ask.by, ask.blobs) else (ask as Ask.Store).run { Told.Stored(store.store(row, expected, blobs)) }
                died.told(told, T0)
                ask = died.ask()
            }
        }
        assertEquals(Next.Wait(T0 + 60_000, Why.InFlight), client.advance(id))
        assertTrue(server.seen.isEmpty())
    }

    @Test
    fun `two workers on one row send a creation once`() = server({ exchange ->
        Thread.sleep(200)
        exchange.answerMade()
    }) { server ->
        val (client, id) = toward(server.url)
        val other = Client(client.accounts, store, clock = { T0 })
        val came = together(listOf(client, other)) { it.advance(id) }
        assertEquals(1, server.seen.size)
        assertEquals(setOf(Next.Present::class, Next.Wait::class), came.map { it::class }.toSet())
        for (worker in listOf(client, other)) assertTrue(worker.advance(id) is Next.Present)
        assertEquals(1, server.seen.size)
    }

    @Test
    fun `a lost answer is told`() {
        val (client, id) = toward("http://127.0.0.1:1")
        assertNoAnswer(client.advance(id))
    }

    @Test
    fun `a body that does not end is given up`() = server({ it.sendResponseHeaders(200, 0); drip(it) }) { server ->
        val (client, id) = toward(server.url, "timeout_ms" to 1_000)
        assertNoAnswer(assertTimeoutPreemptively(Duration.ofMinutes(1), ThrowingSupplier { client.advance(id) }))
    }

    @Test
    fun `an answer that is too large is given up`() {
        val written = AtomicLong()
        server({ exchange ->
            exchange.sendResponseHeaders(200, 0)
            val part = ByteArray(1 shl 20)
            repeat(200) { exchange.responseBody.write(part).also { written.addAndGet(part.size.toLong()) } }
            exchange.close()
        }) { server ->
            val (client, id) = toward(server.url)
            assertNoAnswer(client.advance(id))
            assertTrue(written.get() < 2L * MAX_ANSWER_BYTES, "${written.get()} bytes were read")
        }
    }

    @Test
    fun `a helpful client is refused`() {
        val follows = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build()
        val cookies = HttpClient.newBuilder().cookieHandler(CookieManager()).build()
        for (client in listOf(follows, cookies)) assertThrows(IllegalArgumentException::class.java) { sender(client) }
    }

    @Test
    fun `a clock in seconds is refused`() = server { server ->
        val asked = AtomicInteger()
        val (client, id) = toward(server.url)
        val wrong = Client(client.accounts, store, clock = { goesRound(asked); T0 / 1000 })
        assertEquals(RejectCode.NOW_OUT_OF_RANGE, assertThrows(Reject.Caller::class.java) { wrong.advance(id) }.code)
        assertTrue(server.seen.isEmpty())
    }

    @Test
    fun `a store that never stores is a conflict`() = server { server ->
        val (client, id) = toward(server.url)
        val lost = AtomicInteger()
        val losing = object : Store by store {
            override fun store(row: Row, expected: Long?, blobs: List<Blob>): Boolean = false.also { goesRound(lost) }
        }
        val loser = Client(client.accounts, losing, clock = { T0 })
        assertEquals(RejectCode.CONFLICT, assertThrows(Reject.Caller::class.java) { loser.advance(id) }.code)
        assertTrue(server.seen.isEmpty())
    }

    /** However four sessions that meet a refused token at once are interleaved, one of them fetches the next for all. */
    @Test
    fun `a token is fetched once for all that wait`() = bank { bank ->
        together((1..4).toList()) { bank.drive() }
        assertEquals(2, bank.fetched.get(), "the refused one, and one instead of it")
        bank.drive()
        assertEquals(2, bank.fetched.get(), "one that is not refused is kept")
        bank.revoked.set(2)
        bank.now = T0 + 1_000
        together((1..4).toList()) { bank.drive() }
        assertEquals(3, bank.fetched.get(), "a refused one is fetched anew, however new it is")
        bank.now = T0 + 600_000
        bank.drive()
        assertEquals(4, bank.fetched.get(), "one that ran out is fetched anew")
    }

    /** Within the same millisecond: what counts is which token was refused, not how old it is. */
    @Test
    fun `a token that was revoked at once is fetched anew`() = bank { bank ->
        val step = bank.drive() as Next.Wait
        assertEquals(500, (step.why as Why.Backoff).fault.status?.toInt())
        assertEquals(2, bank.fetched.get())
    }

    /** A clock that went back, as that of a sandbox that was reset does: how old the token is cannot be known. */
    @Test
    fun `a token from the future is not used`() = bank { bank ->
        bank.revoked.set(0)
        bank.drive()
        bank.now = T0 - 60_000
        bank.drive()
        assertEquals(2, bank.fetched.get())
        bank.now = T0 + 539_000
        bank.drive()
        assertEquals(3, bank.fetched.get(), "it has run out")
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
            val (client, id) = toward(server.url, "timeout_ms" to 60_000)
            var thrown: Throwable? = null
            val worker = thread { thrown = runCatching { client.advance(id) }.exceptionOrNull() }
            assertTrue(asked.await(10, TimeUnit.SECONDS))
            worker.interrupt()
            worker.join(10_000)
            assertTrue(thrown is InterruptedException, "$thrown")
            assertTrue(broken.await(10, TimeUnit.SECONDS), "the connection is still open")
            assertEquals(Next.Wait(T0 + 120_000, Why.InFlight), client.advance(id))
        }
    }

    private fun assertNoAnswer(step: Next) = assertEquals(FaultCode.NO_ANSWER, ((step as Next.Wait).why as Why.Backoff).fault.code)

    /** Fails instead of never ending. */
    private fun goesRound(count: AtomicInteger) = check(count.incrementAndGet() < 1_000) { "it goes round and round" }

    /** Each on a thread of its own, all at once; what one of them throws is thrown. */
    private fun <T, R> together(all: List<T>, work: (T) -> R): List<R> {
        val threads = Executors.newFixedThreadPool(all.size)
        try {
            return threads.invokeAll(all.map { Callable { work(it) } }).map { it.get() }
        } finally {
            threads.shutdownNow()
        }
    }

    /** A client with a verification in [store] whose provider listens there. */
    private fun toward(url: String, vararg options: Pair<String, Any?>): Pair<Client, String> {
        val config = Shops.jumio().with("options" to obj("development" to true, "api_base" to url, *options))
        val client = Client(Accounts.of(account(config)), store, clock = { T0 })
        return client to client.begin(REQUEST, "order-7")
    }

    /** Gives tokens out, each another, and refuses those up to `revoked`. */
    private class Bank(url: String, val fetched: AtomicInteger, val revoked: AtomicInteger) {
        @Volatile var now = T0
        private val begun = AtomicInteger()
        private val client = Client(Accounts.of(account(Shops.signicat(url))), MemoryStore(), clock = { now })

        fun drive(): Next = client.advance(client.begin(Shops.SIGNICAT_REQUEST.toString(), "order-${begun.incrementAndGet()}"))
    }

    private fun bank(use: (Bank) -> Unit) {
        val (fetched, revoked) = AtomicInteger() to AtomicInteger(1)
        server({ exchange ->
            val isToken = exchange.requestURI.path.endsWith("/token")
            if (isToken) fetched.incrementAndGet().also { Thread.sleep(100) }
            val token = exchange.requestHeaders.getFirst("Authorization").removePrefix("Bearer t").toIntOrNull()
            val status = if (isToken) 200 else if (token!! <= revoked.get()) 401 else 500
            exchange.answer(status, """{"access_token": "t${fetched.get()}", "expires_in": 600, "token_type": "Bearer"}""")
        }) { use(Bank(it.url, fetched, revoked)) }
    }
}
