package idvkit.client

import idvkit.client.types.Journey
import idvkit.client.types.Permission
import idvkit.client.types.Seen
import idvkit.client.types.Way
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.io.File
import java.util.concurrent.Callable
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.Executors

private val READ = File(System.getProperty("idvkit.vectors")).resolve("read")
private val FILES = checkNotNull(READ.listFiles()).sorted().also { check(it.size > 5) { "files of vectors are missing" } }
private const val END = "https://remote.biometric.kz/finished"

private fun vector(name: String): JsonElement = Json.parseToJsonElement(READ.resolve("$name.json").readText())

private fun journey(name: String): Journey = journeyFromJson(vector(name).jsonObject["journey"].toString())

private fun JsonElement.text(name: String): String? = jsonObject[name]?.jsonPrimitive?.contentOrNull

class WebViewNavigationTest {
    /** The list that every language runs: an end is what has a hint, everything else goes on. */
    @TestFactory
    fun navigations(): List<DynamicTest> {
        val cases = vector("navigation").jsonObject.getValue("cases").jsonArray
        assertTrue(cases.size > 80)
        return cases.map { case ->
            dynamicTest(case.text("id")!!) {
                val told = mutableListOf<String>()
                val navigation = WebViewNavigation(journey("navigation"), told::add)
                val url = case.jsonObject.getValue("seen").text("url")
                val expected = if (case.text("hint") == null) Navigation.ALLOW else Navigation.END_OF_JOURNEY
                // Each event reports it again.
                repeat(3) { assertEquals(expected, navigation.decide(url)) }
                assertEquals(listOfNotNull(case.text("hint")), told)
            }
        }
    }

    @Test
    fun `it tells of one end only`() {
        val told = mutableListOf<String>()
        val navigation = WebViewNavigation(journey("navigation"), told::add)
        assertEquals(Navigation.ALLOW, navigation.decide(navigation.way.url))
        assertEquals(Navigation.ALLOW, navigation.decide(null))
        assertEquals(Navigation.END_OF_JOURNEY, navigation.decide(END))
        assertEquals(Navigation.END_OF_JOURNEY, navigation.decide("https://merchant.example/r"))
        navigation.closed()
        assertEquals(1, told.size)
        assertTrue("\"finished\"" in told.single())
    }

    @Test
    fun `a closed view is told unless the end was`() {
        val told = mutableListOf<String>()
        WebViewNavigation(journey("biometric_kz"), told::add).run {
            closed()
            closed()
            decide(END)
        }
        assertEquals(1, told.size)
        assertTrue("\"closed\"" in told.single())
    }

    @Test
    fun `events on several threads are one end`() {
        val told = CopyOnWriteArrayList<String>()
        val navigation = WebViewNavigation(journey("biometric_kz"), told::add)
        val threads = Executors.newFixedThreadPool(8)
        threads.invokeAll(List(8) { Callable { repeat(50) { navigation.decide(END) } } }).forEach { it.get() }
        threads.shutdown()
        assertEquals(1, told.size)
    }

    @Test
    fun `a provider that forbids web views has its reason in the message`() {
        val reason = "no web views, says the provider"
        val text = vector("jumio").jsonObject["journey"].toString()
        val refused = Json.parseToJsonElement(text).jsonObject + ("refused" to Json.parseToJsonElement("""[{"way": "web_view", "reason": "$reason"}]"""))
        val journey = journeyFromJson(kotlinx.serialization.json.JsonObject(refused).toString())
        assertEquals(reason, assertThrows(IllegalArgumentException::class.java) { WebViewNavigation(journey) {} }.message)
    }

    @Test
    fun `only the journey's own origin is granted the camera`() {
        val navigation = WebViewNavigation(journey("biometric_kz")) {}
        assertTrue(Permission.CAMERA in navigation.way.permissions)
        for (own in listOf("https://remote.biometric.kz", "https://remote.biometric.kz/", "https://remote.biometric.kz:443/", "HTTPS://Remote.Biometric.KZ")) {
            assertTrue(navigation.mayGrant(own), own)
        }
        for (other in listOf(
            "http://remote.biometric.kz", "https://remote.biometric.kz:8443", "https://biometric.kz", "https://evil.example",
            "https://remote.biometric.kz.evil.example", "https://remote.biometric.kz@evil.example", "https://user@remote.biometric.kz",
            "null", "", "about:blank", "https://", "https://remote biometric.kz", "file:///", "//remote.biometric.kz",
        )) {
            assertFalse(navigation.mayGrant(other), other)
        }
        assertFalse(navigation.mayGrant(null))
    }
}

class ClientTest {
    /** What a page or phone may see of every provider. A file that is there is run. */
    @TestFactory
    fun read(): List<DynamicTest> = FILES.map { file ->
        dynamicTest(file.name) {
            val journey = journey(file.nameWithoutExtension)
            val cases = vector(file.nameWithoutExtension).jsonObject.getValue("cases").jsonArray
            assertTrue(cases.isNotEmpty())
            for (case in cases) {
                assertEquals(case.text("hint"), read(journey, seen(case.jsonObject.getValue("seen"))), case.text("id"))
            }
        }
    }

    private fun seen(wire: JsonElement): Seen = when (wire.text("type")) {
        "navigation" -> Seen.Navigation(wire.text("url")!!)
        "message" -> Seen.Message(wire.text("origin")!!, wire.text("data")!!)
        "event" -> Seen.Event(wire.text("name")!!, wire.text("data")!!)
        else -> Seen.Closed
    }

    @Test
    fun `a way that this version does not know is dropped`() {
        val journey = journeyFromJson("""{"id": "j", "provider": "jumio", "expires": null, "refused": [],
            "ways": [{"type": "hologram"}, {"type": "redirect", "url": "https://a.example", "shareable": false, "finish": []}]}""")
        assertEquals(1, journey.ways.size)
        val reject = assertThrows(Reject.Caller::class.java) { journeyFromJson("{}") }
        assertEquals("journey_malformed" to "journey", reject.code to reject.field)
    }

    /** No account, no request, nothing of HTTP, no evidence: not even a class that could hold a key. */
    @Test
    fun `an app has no type of a server`() {
        val folder = File(Journey::class.java.protectionDomain.codeSource.location.toURI()).resolve("idvkit/client")
        val classes = folder.walk().filter { it.extension == "class" }.map { it.nameWithoutExtension }.toList()
        assertTrue("Journey" in classes && "WebViewNavigation" in classes)
        val server = listOf("Account", "Session", "HttpRequest", "Input", "Evidence", "Person", "Header", "Next", "Outcome", "Config")
        assertEquals(emptyList<String>(), classes.filter { name -> server.any { name == it || name.startsWith("$it\$") } })
    }

    /** Links, handshakes and tokens are bearer values. */
    @Test
    fun `nothing that is printed holds a link`() {
        for (file in FILES) {
            val journey = journey(file.nameWithoutExtension)
            val printed = listOf(journey, journey.ways, journey.ways.flatMap(::inner)).toString()
            for (url in journey.ways.mapNotNull(::link)) assertFalse(url in printed, file.name)
            assertFalse("authorizationToken" in printed || "3fa85f64" in printed || "LINKSECRET" in printed || "DS0" in printed, printed)
        }
        assertEquals("Navigation(..)", Seen.Navigation("https://a.example/?token=t").toString())
    }

    private fun link(way: Way): String? = when (way) {
        is Way.Redirect -> way.url
        is Way.Frame -> way.url
        is Way.WebView -> way.url
        else -> null
    }

    private fun inner(way: Way): List<Any> = when (way) {
        is Way.Script -> way.options + way.options.map { it.value }
        is Way.Native -> way.calls + way.calls.flatMap { it.params } + way.calls.flatMap { call -> call.params.map { it.value } }
        else -> emptyList()
    }
}
