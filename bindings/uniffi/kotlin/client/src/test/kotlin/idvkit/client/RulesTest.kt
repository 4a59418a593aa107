package idvkit.client

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

/** What R8 finds in the jar. */
class RulesTest {
    @Test
    fun `the rules are where Android's plugin looks, and name what is there`() {
        val file = javaClass.getResource("/META-INF/proguard/idvkit-client.pro")!!.readText()
        val rules = file.lines().filter { it.isNotBlank() && !it.startsWith("#") }
        assertEquals(
            listOf("-keep class com.sun.jna.** { *; }", "-keep class idvkit.client.** { *; }", "-dontwarn java.awt.**"),
            rules,
        )
        for (kept in listOf("com.sun.jna.Native", "idvkit.client.WebViewNavigation")) Class.forName(kept)
    }
}
