package idvkit.coroutines

import idvkit.Account
import idvkit.Accounts
import idvkit.Browser
import idvkit.MemoryStore
import idvkit.Sandbox
import idvkit.Shops
import idvkit.T0
import idvkit.account
import idvkit.answer
import idvkit.answerMade
import idvkit.drip
import idvkit.obj
import idvkit.server
import idvkit.types.Ask
import idvkit.types.Blob
import idvkit.types.Decision
import idvkit.types.FaultCode
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Row
import idvkit.types.Way
import idvkit.types.Why
import idvkit.with
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.io.IOException
import java.net.http.HttpClient
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger

private val REQUEST = Shops.JUMIO_REQUEST.toString()

/** What the client with suspending functions does of its own: suspend, be cancelled, and hand outcomes over. */
class CoroutinesTest {
    private val kept = MemoryStore()

    @Test
    fun `a whole flow`() = runBlocking {
        val client = atSandbox()
        val id = client.begin(REQUEST, "order-7")
        throughJumio(client, id)
        assertEquals(Outcome.Decided(Decision.APPROVED), outcome(client, id))
        checkNotNull(client.verification(id)).use { assertNotNull(it.evidence()) }
        assertEquals(id, client.begin(REQUEST, "order-7"))
        assertNull(client.verification("0".repeat(32)))
        assertNull(client.hear(Input.Redirect("http://localhost:3000/back?transactionReference=99999999-9999-4999-8999-999999999999")))
    }

    /** Both are on the test's one thread, and the server answers when it has the requests of both. */
    @Test
    fun `no thread waits for an answer`() {
        val both = CountDownLatch(2)
        server({ exchange ->
            both.countDown()
            if (both.await(20, TimeUnit.SECONDS)) exchange.answerMade() else exchange.answer(500, "")
        }) { server ->
            runBlocking {
                val client = toward(server.url)
                val ids = listOf("order-7", "order-8").map { client.begin(REQUEST, it) }
                for (step in ids.map { async { client.advance(it) } }.awaitAll()) assertTrue(step is Next.Present, "$step")
            }
        }
    }

    @Test
    fun `a token is fetched once for all that wait`() {
        val fetched = AtomicInteger()
        server({ exchange ->
            val isToken = exchange.requestURI.path.endsWith("/token")
            if (isToken) fetched.incrementAndGet().also { Thread.sleep(100) }
            exchange.answer(if (isToken) 200 else 500, """{"access_token": "t", "expires_in": 600, "token_type": "Bearer"}""")
        }) { server ->
            runBlocking(Dispatchers.Default) {
                val client = client(account(Shops.signicat(server.url)))
                (1..4).map { async { client.advance(client.begin(Shops.SIGNICAT_REQUEST.toString(), "order-$it")) } }.awaitAll()
            }
            assertEquals(1, fetched.get())
        }
    }

    @Test
    fun `a lost answer and one without an end are told`() = server({ it.sendResponseHeaders(200, 0); drip(it) }) { server ->
        runBlocking {
            for (url in listOf("http://127.0.0.1:1", server.url)) {
                val client = toward(url, "timeout_ms" to 1_000)
                val step = withTimeout(60_000) { client.advance(client.begin(REQUEST, url)) }
                assertEquals(FaultCode.NO_ANSWER, ((step as Next.Wait).why as Why.Backoff).fault.code)
            }
        }
    }

    @Test
    fun `a helpful client is refused`() {
        val follows = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build()
        assertThrows(IllegalArgumentException::class.java) { sender(follows) }
    }

    /** The server's next write finds the connection closed, long before the request's own time-out. */
    @Test
    fun `a cancellation ends the exchange`() {
        val (asked, broken) = List(2) { CountDownLatch(1) }
        server({ exchange ->
            exchange.sendResponseHeaders(200, 0)
            asked.countDown()
            try {
                drip(exchange)
            } catch (_: IOException) {
                broken.countDown()
            }
        }) { server ->
            runBlocking {
                val client = toward(server.url, "timeout_ms" to 60_000)
                val id = client.begin(REQUEST, "order-7")
                val call = async(Dispatchers.Default) { client.advance(id) }
                assertTrue(awaited(asked))
                withTimeout(10_000) { call.cancelAndJoin() }
                assertTrue(call.isCancelled)
                assertTrue(awaited(broken), "the connection is still open")
                assertEquals(Next.Wait(T0 + 120_000, Why.InFlight), client.advance(id))
                assertEquals(1, server.seen.size)
            }
        }
    }

    /** The call is cancelled while the store is at work on the answer. */
    @Test
    fun `an answer that came is stored in spite of a cancellation`() = server({ it.answerMade() }) { server ->
        runBlocking {
            val (atWork, goOn) = List(2) { CompletableDeferred<Unit>() }
            val slow = object : Store by kept.asSuspending() {
                override suspend fun store(row: Row, expected: Long?, blobs: List<Blob>): Boolean {
                    if (server.seen.isNotEmpty()) {
                        atWork.complete(Unit)
                        goOn.await()
                    }
                    return kept.store(row, expected, blobs)
                }
            }
            val client = Client(toward(server.url).accounts, slow, clock = { T0 })
            val id = client.begin(REQUEST, "order-7")
            val call = launch { client.advance(id) }
            withTimeout(20_000) { atWork.await() }
            val claimed = kept.row(id)!!.revision
            call.cancel()
            goOn.complete(Unit)
            withTimeout(20_000) { call.join() }
            assertTrue(call.isCancelled)
            assertNotEquals(claimed, kept.row(id)!!.revision)
            assertTrue(client.advance(id) is Next.Present)
            assertEquals(1, server.seen.size)
        }
    }

    /** It fails, it takes too long, its call is cancelled, and then it is done: once, and not again. */
    @Test
    fun `an outcome is handed over until it is acted on`() = runBlocking {
        val acted = mutableListOf<Ask.Deliver>()
        val begun = CompletableDeferred<Unit>()
        val client = atSandbox { ended, verification ->
            acted += ended
            assertNotNull(verification.evidence())
            when (acted.size) {
                1 -> error("the shop's own database is away")
                2 -> withTimeout(1) { delay(60_000) }
                3 -> begun.complete(Unit).also { awaitCancellation() }
            }
        }
        val id = client.begin(REQUEST, "order-7")
        throughJumio(client, id)
        outcome(client, id)
        assertEquals(1 to 1u, acted.size to kept.row(id)!!.delivery?.failures)
        comeDue(id)
        client.advance(id)
        assertEquals(2 to 2u, acted.size to kept.row(id)!!.delivery?.failures)
        comeDue(id)
        val call = launch { client.advance(id) }
        withTimeout(20_000) { begun.await() }
        withTimeout(20_000) { call.cancelAndJoin() }
        assertEquals(3 to 2u, acted.size to kept.row(id)!!.delivery?.failures)
        comeDue(id)
        repeat(2) { client.advance(id) }
        assertEquals(4, acted.size)
        assertEquals(1, acted.map { it.key to it.delivery.id }.toSet().size)
        assertNull(kept.row(id)!!.due)
    }

    /** The dependency is optional: only this package needs it. */
    @Test
    fun `a blocking client needs no coroutines`() {
        val classes = File(Account::class.java.protectionDomain.codeSource.location.toURI()).resolve("idvkit")
        val needing = classes.walk().filter { it.extension == "class" && "kotlinx/coroutines" in it.readText(Charsets.ISO_8859_1) }
        assertEquals(listOf("coroutines"), needing.map { it.relativeTo(classes).path.substringBefore('/') }.distinct().toList())
    }

    private suspend fun awaited(latch: CountDownLatch): Boolean = withContext(Dispatchers.IO) { latch.await(10, TimeUnit.SECONDS) }

    private fun client(account: Account) = Client(Accounts.of(account), kept.asSuspending(), clock = { T0 })

    private fun toward(url: String, vararg options: Pair<String, Any?>): Client =
        client(account(Shops.jumio().with("options" to obj("development" to true, "api_base" to url, *options))))

    private fun atSandbox(onOutcome: Act? = null): Client {
        Sandbox.reset()
        return Client(Accounts.of(account(Shops.jumio())), kept.asSuspending(), clock = Sandbox::now, onOutcome = onOutcome)
    }

    private suspend fun throughJumio(client: Client, id: String) {
        val journey = (client.advance(id) as Next.Present).journey
        val browser = Browser()
        browser.open(journey.ways.firstNotNullOf { it as? Way.Redirect }.url)
        assertEquals(id, client.hear(Input.Redirect(checkNotNull(browser.press("acceptable")))))
    }

    private suspend fun outcome(client: Client, id: String): Outcome {
        repeat(200) {
            val step = client.advance(id)
            if (step is Next.Done) return step.outcome
            comeDue(id)
        }
        error("no end")
    }

    private fun comeDue(id: String) = Sandbox.advance((kept.row(id)!!.due!! - Sandbox.now()).coerceAtLeast(0))
}
