package idvkit

import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory

/** Every file of the vectors, through the package's public calls. A file that nobody runs fails. */
class VectorsTest {
    @TestFactory
    fun cases(): List<DynamicTest> = CASES.map { name ->
        dynamicTest(name) { checkNotNull(RUN[group(name)]) { "$name is run by nobody" }(name) }
    }

    /** Scripts for the sandbox stand beside the cases, or alone. */
    @TestFactory
    fun scripts(): List<DynamicTest> = FILES.flatMap { name ->
        val scripts = vector(name).list("sandbox")
        assertTrue(scripts.isEmpty() || name.startsWith("jumio/"), "$name is run by nobody")
        scripts.map { script -> dynamicTest("$name: ${script.must("id")}") { JumioScript().follow(script) } }
    }

    @Test
    fun `no runner is left over`() {
        assertEquals(CASES.map(::group).toSet(), RUN.keys)
    }

    private companion object {
        val RUN: Map<String, (String) -> Unit> = COMMON + REJECTS + ATTESTR + BIOMETRIC_KZ + JUMIO + SIGNICAT + VALUES

        val FILES: List<String> = VECTORS.walk().filter { it.extension == "json" }
            .map { it.relativeTo(VECTORS).invariantSeparatorsPath.removeSuffix(".json") }.sorted().toList()
            .also { check(it.size > 50) }

        /** All but those that hold nothing else than scripts. */
        val CASES: List<String> = FILES.filter { name ->
            val file = vector(name)
            file !is JsonObject || "cases" in file || "sandbox" !in file
        }

        fun group(name: String): String = name.substringBefore('/').takeIf { it in listOf("transcripts", "snapshots", "rows", "read", "values") } ?: name
    }
}
