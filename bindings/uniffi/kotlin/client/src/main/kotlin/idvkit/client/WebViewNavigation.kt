package idvkit.client

import idvkit.client.types.Journey
import idvkit.client.types.Seen
import idvkit.client.types.Way
import java.net.URI
import java.net.URISyntaxException
import java.util.concurrent.atomic.AtomicBoolean

/**
 * Watches the navigations of a web view for the end of a journey, and tells of it once.
 *
 * Pass it every URL from every navigation event: several events report the same navigation, some report only one kind, and
 * which do differs between Android's versions. It depends on nothing of Android's, so it can be tested on a desktop.
 *
 * [onEnd] gets the text of the hint: post it to your own server, and close the view. The text decides nothing; what your server
 * fetches does.
 *
 * @throws IllegalArgumentException if the journey has no way for web views; the message says why, if the provider does.
 */
class WebViewNavigation(private val journey: Journey, private val onEnd: (hint: String) -> Unit) {
    /** What to load ([Way.WebView.url]) and what to grant ([Way.WebView.permissions]). */
    val way: Way.WebView = requireNotNull(journey.ways.firstNotNullOfOrNull { it as? Way.WebView }) {
        journey.refused.find { it.way == "web_view" }?.reason ?: "this journey has no way for web views"
    }

    private val ended = AtomicBoolean()

    /** What is to become of a navigation to [url]. The end stays the end, however often it is reported; [onEnd] is called once. */
    fun decide(url: String?): Navigation {
        val hint = url?.let { read(journey, Seen.Navigation(it)) } ?: return Navigation.ALLOW
        tell(hint)
        return Navigation.END_OF_JOURNEY
    }

    /** The user closed the view. It is told unless the end was. */
    fun closed() {
        read(journey, Seen.Closed)?.let(::tell)
    }

    /**
     * Whether a page of this origin may have what [way] asks for: only the journey's own origin, not whatever else was
     * navigated to. `origin` as Android gives it: `https://host` with or without a port and a slash.
     */
    fun mayGrant(origin: String?): Boolean = origin != null && originOf(origin)?.let { it == originOf(way.url) } == true

    private fun tell(hint: String) {
        if (ended.compareAndSet(false, true)) onEnd(hint)
    }
}

/** What is to become of a navigation. */
enum class Navigation {
    /** It goes on. */
    ALLOW,

    /** The journey is over: cancel the navigation and close the view. */
    END_OF_JOURNEY,
}

private data class Origin(val scheme: String, val host: String, val port: Int)

/** Only of HTTPS: no browser hands a camera to a page that came without. */
private fun originOf(url: String): Origin? {
    val uri = try {
        URI(url)
    } catch (_: URISyntaxException) {
        return null
    }
    val (scheme, host) = listOf(uri.scheme, uri.host).map { it?.lowercase() ?: return null }
    return if (scheme == "https" && uri.rawUserInfo == null) Origin(scheme, host, if (uri.port < 0) 443 else uri.port) else null
}
