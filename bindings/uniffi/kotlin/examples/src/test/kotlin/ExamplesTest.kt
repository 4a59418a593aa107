import idvkit.Browser
import idvkit.Sandbox
import idvkit.Shops
import idvkit.account
import idvkit.obj
import idvkit.text
import idvkit.types.Decision
import idvkit.types.Outcome
import idvkit.types.Way
import idvkit.with
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

/** The examples are whole programs, and these are their runs against the sandbox. */
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
    }

    private fun check(readme: File, language: String, file: File) {
        val shown = file.readText().substringAfter("// [quick start]\n").substringBefore("// [/quick start]").trimEnd()
        assertTrue("```$language\n$shown\n```" in readme.readText(), "$readme shows another text than $file")
    }

    @Test
    fun jumio() = assertEquals(decided(Decision.APPROVED), run(::jumioAt, Shops.JUMIO_REQUEST) { page ->
        val browser = Browser()
        val link = unescape(Regex("(?:href|src)=\"(http[^\"]*)\"").find(page.html())!!.groupValues[1])
        browser.open(link)
        browser.press("acceptable")
        assertTrue(browser.url.startsWith(page.url) && "Thank you" in browser.html, browser.url)
    })

    @Test
    fun attestr() = assertEquals(decided(Decision.COMPLETED), run({ Shops.attestr() }, Shops.ATTESTR_REQUEST) { page ->
        val handshake = "DS0" + page.html().substringAfter("DS0").substringBefore('"')
        val browser = Browser()
        browser.open("${Sandbox.url}/attestr/flow/$handshake?cl=00112233445566778899aabbccddeeff&lc=en")
        browser.press("begin")
        browser.press("submit", "pan" to "ABCPE1234F")
        browser.press("send_code", "mobile" to "9876543210")
        browser.press("submit", "otp" to browser.html.substringAfter("data-otp=\"").take(6))
        browser.press("submit")
        val (handler, data) = browser.data("data-handler").single()
        assertEquals(204, page.post("""{"type": "retry"}"""))
        assertEquals(204, page.post(obj("type" to "event", "name" to "else", "data" to "{}").toString()))
        assertEquals(200, page.post(obj("type" to "event", "name" to handler, "data" to data).toString()))
    })

    @Test
    fun `biometric kz`() =
        assertEquals(decided(Decision.APPROVED), run({ Shops.biometricKz() }, Shops.BIOMETRIC_KZ_REQUEST) { page ->
            val id = Regex("[0-9a-f]{8}-[0-9a-f-]{27}").find(page.html())!!.value
            val browser = Browser()
            browser.open("${Sandbox.url}/biometric_kz/remote/flow/$id")
            while ("<form" in browser.html) browser.press(if ("value=\"begin\"" in browser.html) "begin" else "submit")
            assertEquals(200, page.post(obj("type" to "event", "name" to "finish", "data" to "{}").toString()))
        })

    @Test
    fun signicat() = assertEquals(decided(Decision.APPROVED), run(::signicatAt, Shops.SIGNICAT_REQUEST) { page ->
        val link = unescape(Regex("(?:href|src)=\"(http[^\"]*)\"").find(page.html())!!.groupValues[1])
        Browser().run {
            open(link)
            press("submit")
            assertTrue(url.startsWith(page.url), url)
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
        val command = listOf(java, "-cp", System.getProperty("java.class.path"), "VerifyKt") + arguments
        return ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    }

    /** Runs the example on the sandbox's clock; `user` acts when the journey is shown. */
    private fun run(config: (String) -> JsonObject, request: JsonObject, user: (Shown) -> Unit): Outcome {
        val port = ServerSocket(0).use { it.localPort }
        val account = account(config("http://localhost:$port"))
        val store = FileStore(account, folder.resolve("session.json"))
        store.openUnlessThere(request.toString(), Sandbox.now())
        var seen = false
        return Page(store, Sandbox::now, port).use { page ->
            verify(store, page, Sandbox::now) { millis ->
                val html = get(page.url)
                if (!seen && "One moment" !in html) {
                    seen = true
                    user(Shown(page.url))
                } else {
                    Sandbox.advance(millis)
                }
            }
        }
    }

    private inner class Shown(val url: String) {
        fun html(): String = get(url)

        fun post(seen: String): Int =
            http.send(HttpRequest.newBuilder(URI("$url/seen")).POST(BodyPublishers.ofString(seen)).build(), BodyHandlers.discarding()).statusCode()
    }

    private fun get(url: String): String = http.send(HttpRequest.newBuilder(URI(url)).build(), BodyHandlers.ofString()).body()

    private fun decided(decision: Decision): Outcome = Outcome.Decided(decision)

    private fun jumioAt(shop: String): JsonObject =
        Shops.jumio().with("callback" to obj("url" to "$shop/callbacks"), "success_url" to "$shop/back", "error_url" to "$shop/back")

    private fun signicatAt(shop: String): JsonObject = Shops.signicat().with("redirect_url" to "$shop/back")

    private fun unescape(text: String): String = text.replace("&amp;", "&")
}
