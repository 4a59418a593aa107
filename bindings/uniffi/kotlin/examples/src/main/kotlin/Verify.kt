// Verifies one user from the command line, with any of the four providers: idvkit and the JDK.
//
//     java -cp ... VerifyKt config.json request.json session.json 8080
//
// Which provider it is stands in the two JSON files; a return address there is http://localhost:8080/back. The verification is
// kept in the third file: started again, the program goes on where it was.

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import idvkit.Account
import idvkit.Accounts
import idvkit.Client
import idvkit.Clock
import idvkit.Reject
import idvkit.Store
import idvkit.Verification
import idvkit.code
import idvkit.systemClock
import idvkit.toJson
import idvkit.types.Blob
import idvkit.types.By
import idvkit.types.Image
import idvkit.types.Input
import idvkit.types.Journey
import idvkit.types.Next
import idvkit.types.Outcome
import idvkit.types.Row
import idvkit.types.Told
import java.io.File
import java.net.InetAddress
import java.net.InetSocketAddress
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.system.exitProcess

/** One verification in a file, and its images in files beside it. Several processes would need a database's compare-and-swap; threads of this one need a lock. */
class FileStore(private val accounts: Accounts, private val file: File) : Store {
    @Synchronized
    override fun load(by: By, blobs: List<String>): Told.Loaded {
        val isThis = stored()?.use { it.isThe(by) } == true
        if (!isThis) return Told.Loaded(null, emptyList())
        return Told.Loaded(file.readText(), blobs.filter { image(it).exists() }.map { Blob(it, image(it).readBytes()) })
    }

    /** Images first, each once, and the text last. Those that it no longer names are deleted. */
    @Synchronized
    override fun store(row: Row, expected: Long?, blobs: List<Blob>): Boolean {
        if (stored()?.use { it.revision() } != expected) return false
        blobs.forEach { replace(image(it.digest), it.bytes) }
        replace(file, row.snapshot.encodeToByteArray())
        val named = row.blobs.map { image(it).name }
        val images = file.absoluteFile.parentFile.listFiles { _, name -> name.startsWith("${file.name}.image-") }
        images.orEmpty().filterNot { it.name in named }.forEach(File::delete)
        return true
    }

    private fun stored(): Verification? = file.takeIf(File::exists)?.let { Verification.restore(accounts, it.readText()) }

    private fun Verification.isThe(by: By): Boolean = when (by) {
        is By.Id -> id() == by.id
        is By.Key -> key() == by.key
        is By.References -> references().any(by.references::contains)
    }

    /** Images wait to be sent beside the verification's text. */
    private fun image(digest: String) = File("$file.image-$digest")

    /** Renamed at the end: a crash leaves the old content or the new one, never half of it. */
    private fun replace(place: File, content: ByteArray) {
        val new = File("$file.new").apply { writeBytes(content) }
        Files.move(new.toPath(), place.toPath(), StandardCopyOption.ATOMIC_MOVE)
    }
}

/** The user's page, on this machine only. What it tells is a hint, and no more. */
class Page(private val client: Client, private val id: String, port: Int) : AutoCloseable {
    private val heard = LinkedBlockingQueue<Unit>()
    private val server = HttpServer.create(InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0)
    @Volatile private var journey: Journey? = null
    val url = "http://localhost:${server.address.port}"

    init {
        server.createContext("/") { it.reply(200, PAGE) }
        server.createContext("/idv/") { it.replyWithElement() }
        server.createContext("/next") { it.reply(200, journey?.toJson() ?: "null", "application/json") }
        server.createContext("/hint") { it.tells(Input.Hint(it.requestBody.readNBytes(65_536).decodeToString())) }
        server.createContext("/images") { it.tells(Input.Images(it.images())) }
        server.createContext("/back") { exchange -> exchange.tells(Input.Redirect("$url${exchange.requestURI}")) }
        server.start()
    }

    /** The same journey id means: leave the page as it is. */
    fun show(shown: Journey) {
        if (journey?.id != shown.id) println("Open $url")
        journey = shown
    }

    /** Until then, or until something was heard. */
    fun await(millis: Long) {
        heard.poll(millis, TimeUnit.MILLISECONDS)
    }

    override fun close() = server.stop(0)

    private fun HttpExchange.tells(input: Input) {
        try {
            client.tell(id, input)
            heard.put(Unit)
            reply(200, "Thank you. You may close this page.")
        } catch (reject: Reject) {
            reply(400, reject.code.toString())
        }
    }

    /** One after the other in the body; the query has their names and sizes, as the JDK takes no forms apart. */
    private fun HttpExchange.images(): List<Image> = requestURI.query.split("&").map {
        val (slot, size) = it.split("=")
        Image(slot, requestBody.readNBytes(size.toInt()))
    }

    /** The files of `<idv-journey>`, which idvkit's jar holds. */
    private fun HttpExchange.replyWithElement() {
        val path = requestURI.path.removePrefix("/idv/")
        val text = Account::class.java.getResource("/idvkit/web/$path")?.readText()
        if (text == null) reply(404) else reply(200, text, if (path.endsWith(".js")) "text/javascript" else "application/json")
    }

    private fun HttpExchange.reply(status: Int, text: String = "", type: String = "text/html") {
        val body = text.encodeToByteArray()
        responseHeaders["Content-Type"] = "$type; charset=utf-8"
        sendResponseHeaders(status, if (body.isEmpty()) -1 else body.size.toLong())
        responseBody.use { it.write(body) }
    }
}

/** `<idv-journey>` shows any journey. What it tells goes to the server, which says what is next; at the end there is none any more. */
private const val PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Verify</title>
<link rel="icon" href="data:,">
<p>One moment, please.</p>
<idv-journey></idv-journey>
<script type="module">
  import "/idv/idv-journey.js";
  const text = document.querySelector("p"), check = document.querySelector("idv-journey");
  const post = (what, body) => fetch(what, { method: "POST", body });
  check.addEventListener("idv-hint", ({ detail }) => post("/hint", detail.text));
  check.addEventListener("idv-images", async ({ detail: { images } }) => {
    const sizes = new URLSearchParams(images.map(({ slot, blob }) => [slot, blob.size]));
    const answer = await post("/images?" + sizes, new Blob(images.map(({ blob }) => blob)));
    if (!answer.ok) alert("Please try other pictures.");
  });
  for (let next; (next = await fetch("/next").catch(() => null)); ) {
    const journey = await next.json();
    text.hidden = !!journey;
    if (journey) check.journey = journey; // the same one again leaves everything as it is
    await new Promise((wake) => setTimeout(wake, 1000));
  }
  check.remove();
  text.hidden = false;
  text.textContent = "Thank you. You may close this page.";
</script>"""

/** Goes on until the end. Only what it fetched itself decides. */
fun verify(client: Client, id: String, page: Page, clock: Clock, sleep: (Long) -> Unit = page::await): Outcome {
    while (true) {
        val until = when (val step = client.advance(id)) {
            is Next.Done -> return step.outcome
            is Next.Present -> step.until.also { page.show(step.journey) }
            is Next.Wait -> step.until
            is Next.Send -> error("`advance` sends everything that is to be sent")
        }
        sleep((until - clock()).coerceAtLeast(1))
    }
}

fun main(arguments: Array<String>) {
    if (arguments.size != 4) {
        System.err.println("usage: verify CONFIG.json REQUEST.json SESSION.json PORT")
        exitProcess(2)
    }
    val (config, request, session) = arguments.map(::File)
    val accounts = Accounts.of(Account(config.readText()))
    val client = Client(accounts, FileStore(accounts, session))
    val id = client.begin(request.readText(), "the only one") // begun once, however often this is started
    Page(client, id, arguments[3].toInt()).use { println(verify(client, id, it, systemClock).toJson()) }
}
