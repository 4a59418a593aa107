import idvkit.Accounts
import idvkit.Browser
import idvkit.Client
import idvkit.MemoryStore
import idvkit.Sandbox
import idvkit.Shops
import idvkit.account
import idvkit.must
import idvkit.obj
import idvkit.of
import idvkit.rows
import idvkit.text
import idvkit.texts
import idvkit.types.Decision
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Way
import idvkit.vector
import idvkit.with
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers

/**
 * The examples are whole programs, and these are their runs against the sandbox. Every flow in a browser is in
 * `bindings/web/tests/shop.test.mjs`, which `cargo xtask kotlin` runs on the program, too.
 */
class ExamplesTest {
    @TempDir
    lateinit var folder: File
    private val http = HttpClient.newHttpClient()

    @BeforeEach
    fun reset() {
        Sandbox.reset()
    }

    @Test
    fun `the quick start runs`() {
        val outcome = verify("${Sandbox.url}/jumio/us", Sandbox::now, { Sandbox.advance(it - Sandbox.now()) }) { journey ->
            Browser().run {
                open(journey.ways.firstNotNullOf { it as? Way.Redirect }.url)
                checkNotNull(press("acceptable"))
            }
        }
        assertEquals(Outcome.Decided(Decision.APPROVED), outcome)
    }

    @Test
    fun `the READMEs show what the files hold`() {
        val binding = File(System.getProperty("idvkit.binding"))
        val kotlin = binding.resolve("kotlin/examples/src/main/kotlin/QuickStart.kt")
        val swift = binding.resolve("swift/Tests/IdvkitTests/QuickStart.swift")
        check(binding.resolve("README.md"), "kotlin", kotlin)
        check(binding.resolve("README.md"), "swift", swift)
        check(binding.resolve("../../README.md"), "kotlin", kotlin)
        check(binding.resolve("../../README.md"), "swift", swift)
        check(binding.resolve("README.md"), "kotlin", kotlin.resolveSibling("Values.kt"), "values")
        check(binding.resolve("README.md"), "swift", swift.resolveSibling("ValuesExample.swift"), "values")
        check(binding.resolve("README.md"), "kotlin", kotlin.resolveSibling("Coroutines.kt"), "coroutines")
    }

    /** Two users finish, and the shop's own database is away when the first outcome comes. */
    @Test
    fun `the README's worker brings every outcome`() {
        val accounts = Accounts.of(account(Shops.jumio()))
        val store = MemoryStore()
        val shop = Client(accounts, store, clock = Sandbox::now, onOutcome = { _, _ -> error("the worker acts") })
        for (key in listOf("order-7", "order-8")) {
            val step = shop.advance(shop.begin(Shops.JUMIO_REQUEST.toString(), key)) as Next.Present
            Browser().run {
                open(step.journey.ways.firstNotNullOf { it as? Way.Redirect }.url)
                shop.hear(Input.Redirect(checkNotNull(press("acceptable"))))
            }
        }
        val asked = mutableListOf<String>()
        runBlocking {
            repeat(200) {
                work(accounts, store, store.due(Sandbox.now()), Sandbox::now) { key -> asked.add(key).also { check(asked.size > 1) } }
                Sandbox.advance(10_000)
            }
        }
        assertEquals(listOf(1, 2), asked.groupingBy { it }.eachCount().values.sorted())
    }

    @Test
    fun `the README's examples of values run as it shows them`() {
        assertEquals("fit, of at most 222 characters", aboutUrl("https://shop.example/cb"))
        assertTrue(aboutUrl("http://shop.example/cb").startsWith("url_scheme: it must begin with `https://`"))
        assertEquals(listOf("PHONE_FIXED"), stillAsked("000101500001", "77011234567"))
        val vectors = vector("attestr/result")
        val case = rows("attestr/result").first()
        val secret = vectors.of("config")!!.texts("client_secrets").first()
        val body = case.must("body").encodeToByteArray()
        assertTrue(isAuthentic(body, secret, case.must("claim")))
        assertTrue(!isAuthentic(body, secret, "0".repeat(64)))
    }

    private fun check(readme: File, language: String, file: File, part: String = "quick start") {
        val shown = file.readText().substringAfter("// [$part]\n").substringBefore("// [/$part]").trimEnd()
        assertTrue("```$language\n$shown\n```" in readme.readText(), "$readme shows another text than $file")
    }

    @Test
    fun `from open to outcome`() = assertEquals(Outcome.Decided(Decision.APPROVED), run(::jumioAt, Shops.JUMIO_REQUEST) { page ->
        val element = Regex("import \"([^\"]*)\"").find(get(page))!!.groupValues[1]
        assertTrue("customElements" in get(page + element))
        assertEquals(400, post("$page/hint", "x=1"))
        assertEquals(400, post("$page/images?front=1", "x"))
        Browser().run {
            open(Regex("\"url\":\"([^\"]*)\"").find(get("$page/next"))!!.groupValues[1])
            press("acceptable")
            assertTrue(url.startsWith(page) && "Thank you" in html, url)
        }
    })

    /** The program as it is started, twice: the second run goes on where the first was stopped. */
    @Test
    fun `the program itself goes on where it was`() {
        val port = ServerSocket(0).use { it.localPort }
        val config = jumioAt("http://localhost:$port").toString()
        val files = listOf("config" to config, "request" to Shops.JUMIO_REQUEST.toString(), "session" to null)
            .map { (name, text) -> folder.resolve("$name.json").apply { text?.let(::writeText) }.path }
        val first = program(files + "$port")
        assertEquals("Open http://localhost:$port", first.inputStream.bufferedReader().readLine())
        first.destroyForcibly().waitFor()
        val operations = { (Sandbox.control("log") as List<*>).map { (it as JsonObject).text("operation") } }
        assertEquals(listOf("jumio.initiate"), operations())

        val second = program(files + "$port")
        assertEquals("Open http://localhost:$port", second.inputStream.bufferedReader().readLine())
        assertEquals(listOf("jumio.initiate"), operations())
        second.destroyForcibly().waitFor()
    }

    private fun program(arguments: List<String>): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val libraries = System.getProperty("java.class.path")
        // For those who start it beside these tests.
        File(System.getProperty("idvkit.build"), "classpath.txt").writeText(libraries)
        val command = listOf(java, "-cp", libraries, "VerifyKt") + arguments
        return ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    }

    /** Runs the example on the sandbox's clock; `user` acts when the journey is shown. */
    private fun run(config: (String) -> JsonObject, request: JsonObject, user: (String) -> Unit): Outcome {
        val port = ServerSocket(0).use { it.localPort }
        val accounts = Accounts.of(account(config("http://localhost:$port")))
        val client = Client(accounts, FileStore(accounts, folder.resolve("session.json")), clock = Sandbox::now)
        val id = client.begin(request.toString(), "the only one")
        var seen = false
        return Page(client, id, port).use { page ->
            verify(client, id, page, Sandbox::now) { millis ->
                if (!seen && get("${page.url}/next") != "null") {
                    seen = true
                    user(page.url)
                } else {
                    Sandbox.advance(millis)
                }
            }
        }
    }

    private fun get(url: String): String = http.send(HttpRequest.newBuilder(URI(url)).build(), BodyHandlers.ofString()).body()

    private fun post(url: String, body: String): Int =
        http.send(HttpRequest.newBuilder(URI(url)).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.discarding()).statusCode()

    private fun jumioAt(shop: String): JsonObject =
        Shops.jumio().with("callback" to obj("url" to "$shop/callbacks"), "success_url" to "$shop/back", "error_url" to "$shop/back")
}
