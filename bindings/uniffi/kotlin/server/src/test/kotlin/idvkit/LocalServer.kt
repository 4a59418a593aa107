// A server that answers as a test wants it, for what the sandbox does not do.

package idvkit

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.net.InetSocketAddress
import java.util.concurrent.Executors

/** Where it listens, and the headers and body of each request that came. */
internal class LocalServer(val url: String) {
    val seen = mutableListOf<Pair<Map<String, String>, ByteArray>>()
}

internal fun server(answer: (HttpExchange) -> Unit = ::redirect, use: (LocalServer) -> Unit) {
    val http = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
    val server = LocalServer("http://127.0.0.1:${http.address.port}")
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

internal fun HttpExchange.answer(status: Int, text: String) {
    val body = text.encodeToByteArray()
    sendResponseHeaders(status, body.size.toLong())
    responseBody.use { it.write(body) }
}

/** What Jumio answers to a creation. */
internal fun HttpExchange.answerMade() {
    val page = "http://127.0.0.1:${localAddress.port}/jumio/us/web/v4/app?authorizationToken=t&locale=en"
    val made = obj(
        "timestamp" to "2026-01-01T00:00:00.000Z", "redirectUrl" to page,
        "transactionReference" to "11111111-1111-4111-8111-111111111111",
    )
    answer(200, made.toString())
}

/** A body without an end. */
internal fun drip(exchange: HttpExchange): Nothing {
    while (true) exchange.responseBody.run { write(32); flush(); Thread.sleep(20) }
}

private fun redirect(exchange: HttpExchange) {
    exchange.responseHeaders["location"] = "https://elsewhere.example/"
    exchange.sendResponseHeaders(302, -1)
    exchange.close()
}
