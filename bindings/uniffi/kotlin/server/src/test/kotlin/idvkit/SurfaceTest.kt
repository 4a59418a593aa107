package idvkit

import idvkit.types.Blame
import idvkit.types.Header
import idvkit.types.Image
import idvkit.types.Input
import idvkit.types.Journey
import idvkit.types.Next
import idvkit.types.RejectCode
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.io.Serializable

private const val SECRET = "never-to-be-printed"

class SurfaceTest {
    private val account = account(Shops.jumio())
    private val session = Session.open(account, Shops.JUMIO_REQUEST.toString(), SEED, T0)

    @Test
    fun `a refusal is an exception with code, blame, field and explanation`() {
        val reject = assertThrows(Reject.Caller::class.java) { account(Shops.jumio().with("region" to "mars")) }
        assertEquals(RejectCode.CONFIG_MALFORMED, reject.code)
        assertEquals(Blame.CALLER, (reject as Reject).blame)
        assertEquals("config.region", reject.field)
        assertFalse("mars" in reject.toString())
        assertTrue(reject.explanation in reject.message && reject.toString() == "config.region: ${reject.explanation} [${reject.code}]")

        val forged = Input.Callback("/jumio/forged", emptyList(), byteArrayOf())
        assertEquals(Blame.SIGNATURE, assertThrows(Reject.Signature::class.java) { session.handle(forged, T0) }.let { (it as Reject).blame })
        assertThrows(Reject.Snapshot::class.java) { Session.restore(account, "{}") }
        assertThrows(Reject.Provider::class.java) { signedMember("[]".encodeToByteArray(), "result") }
        assertThrows(Reject.Caller::class.java) { Session.open(account, Shops.JUMIO_REQUEST.toString(), ByteArray(31), T0) }
    }

    @Test
    fun `nothing that is printed holds a secret`() {
        val request = (session.next(T0) as Next.Send).request
        val headers = listOf(Header("Authorization", SECRET))
        val values = listOf<Any>(
            account, session, request, request.headers, session.next(T0), headers,
            Input.HttpResponse("1", 200u, headers, SECRET.encodeToByteArray()), Input.Hint(SECRET), Input.Redirect(SECRET),
            Input.Callback(SECRET, headers, SECRET.encodeToByteArray()), Input.Images(listOf(Image("front", SECRET.encodeToByteArray()))),
            Image("front", SECRET.encodeToByteArray()), idvkit.types.Seen.Navigation(SECRET),
            idvkit.types.Seen.Message(SECRET, SECRET), idvkit.types.ParamValue.Text(SECRET), idvkit.types.TextEntry("a", SECRET),
            idvkit.types.Reason("code", SECRET, null), idvkit.types.Cause(null, null, SECRET, null, null),
            idvkit.types.Person(SECRET, SECRET, SECRET, SECRET, SECRET, listOf(SECRET), SECRET, SECRET, SECRET, null),
            idvkit.types.Document(SECRET, SECRET, SECRET, SECRET, SECRET, SECRET),
        )
        for (value in values) {
            val printed = "$value"
            assertTrue(printed.isNotEmpty())
            for (secret in listOf(SECRET, "sandbox-jumio", "http://", "Basic ")) assertFalse(secret in printed, printed)
        }
    }

    /** A client must not be able to post an input: nothing takes a text and gives one, and Java's serialisation knows none. */
    @Test
    fun `inputs come from their classes only`() {
        val folder = File(Journey::class.java.protectionDomain.codeSource.location.toURI())
        val classes = folder.walk().filter { it.extension == "class" && "FfiConverter" !in it.name && "Uniffi" !in it.name }
            .map { Class.forName(it.relativeTo(folder).path.removeSuffix(".class").replace(File.separatorChar, '.'), false, javaClass.classLoader) }
            .toList()
        assertTrue(classes.size > 50, "${classes.size} classes are not all of them")
        val makers = classes.filter { !Input::class.java.isAssignableFrom(it) && it.enclosingClass?.let(Input::class.java::isAssignableFrom) != true }
            .flatMap { it.declaredMethods.asList() }
            .filter { Input::class.java.isAssignableFrom(it.returnType) && java.lang.reflect.Modifier.isPublic(it.modifiers) && '$' !in it.name }
            .map { "${it.declaringClass.name}.${it.name}" }
        assertEquals(emptyList<String>(), makers)
        assertFalse(Serializable::class.java.isAssignableFrom(Input.Hint::class.java))
    }

    @Test
    fun `every provider has its tables`() {
        for (provider in providers()) {
            val tables = catalog(provider)
            assertEquals(provider, tables.provider)
            assertTrue(tables.errors.isNotEmpty() || tables.locales.isNotEmpty(), "$provider")
        }
        assertTrue(catalog("jumio").errors.all { it.source.isNotEmpty() && it.meaning.isNotEmpty() })
    }

    /** What is written at a type, a variant and a field in Rust is read in Kotlin. */
    @Test
    fun `the documentation came along`() {
        val generated = File(System.getProperty("idvkit.build")).resolve("generated/idvkit").walk()
            .filter { it.extension == "kt" }.joinToString("") { it.readText() }
        for (text in listOf(
            "What the host has to do now.", "Show this journey to the user.", "The latest time for the next call of `next`.",
            "Continues a stored session, on any machine.", "The stable code, the same in every language.",
        )) {
            assertTrue("* $text" in generated, text)
        }
    }

    @Test
    fun `a closed session says so`() {
        val other = Session.restore(account, session.snapshot())
        other.close()
        assertThrows(IllegalStateException::class.java) { other.revision() }
    }
}
