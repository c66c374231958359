package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.testing.ChromaServer;
import dev.lockstep.testing.NeedsServer;
import dev.lockstep.testing.StoreRecallExample;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What docs/RECALL.md says of vectors elsewhere, run on a real Chroma server. */
@NeedsServer(image = ChromaServer.IMAGE, orPrepared = ChromaServer.PREPARED)
class StoreRecallDocsIT {

    private static final UUID CONVERSATION = new UUID(1, 1);
    private static final UUID AGENT = new UUID(2, 2);
    private static final UUID PERSONA = new UUID(3, 3);
    private static final List<String> EXPECTED = List.of("conversation's", "agent's near", "agent's far");

    private static ChromaServer server;
    private static URI collections;
    private static String id;
    private static String page;

    @BeforeAll
    static void fill() throws Exception {
        page = Files.readString(Path.of("docs/RECALL.md"));
        server = ChromaServer.start();
        collections = server.url().resolve("/api/v2/tenants/default_tenant/databases/default_database/collections");
        id = JsonMapper.builder()
                .build()
                .readTree(post("", "{\"name\": \"memories\"}"))
                .path("id")
                .asText();
        add("conversation's", List.of(9, 0, 0), CONVERSATION, AGENT, "chat");
        add("agent's far", List.of(-9, 0, 0), new UUID(9, 9), AGENT, "legacy");
        add("agent's near", List.of(0, 0, 1), new UUID(9, 9), AGENT, "chat");
        add("orphan", List.of(0, 0, 0), CONVERSATION, AGENT, "orphan");
        add("persona's", List.of(0, 0, 0), null, null, "chat");
    }

    @AfterAll
    static void end() throws Exception {
        server.close();
    }

    @Test
    void python() throws Exception {
        assumeTrue(isThere("python3"), "there is no python3");
        String program = "import json\nfrom urllib.request import Request, urlopen\nquery = [0, 0, 0]\ncollection = '"
                + collections + "/" + id + "'\n" + block("python", "def recall") + block("python", "def chroma")
                + "for hit in recall(chroma, '" + CONVERSATION + "', '" + AGENT + "'): print(hit)\n"
                + "print(recall(chroma, '" + CONVERSATION + "', '" + AGENT + "', '" + PERSONA + "')[3])\n"
                + "print(len(recall(chroma, '" + CONVERSATION + "', '" + AGENT + "', None, 2)))\n";
        List<String> lines = new ArrayList<>(EXPECTED);
        lines.add("persona's");
        lines.add("2");

        assertThat(run("python3", "-c", program).lines()).containsExactlyElementsOf(lines);
    }

    @Test
    void java() throws Exception {
        assertThat(Files.readString(Path.of("src/test/java/dev/lockstep/testing/StoreRecallExample.java")))
                .contains(block("java", "PointFields fields").indent(8));
        assertThat(StoreRecallExample.memories(server.url(), CONVERSATION, AGENT, null, 0, 0, 0))
                .extracting(Point::id)
                .isEqualTo(EXPECTED);
        assertThat(StoreRecallExample.memories(server.url(), CONVERSATION, AGENT, PERSONA, 0, 0, 0))
                .extracting(Point::id)
                .hasSize(4)
                .endsWith("persona's");
    }

    /** What cannot be run is said to be untested. */
    @Test
    void qdrant() throws Exception {
        assertThat(page).contains("and `qdrant`, are untested");
        assumeTrue(isThere("python3"), "there is no python3");
        assertThat(run("python3", "-c", block("python", "def qdrant"))).isEmpty();
    }

    private static void add(String content, List<Integer> embedding, UUID conversation, UUID agent, String source)
            throws Exception {
        String fields = conversation == null
                ? ""
                : "\"ConversationId\": \"%s\", \"AgentId\": \"%s\", ".formatted(conversation, agent);
        post("/" + id + "/add", """
                {"ids": ["%s"], "documents": ["%s"], "embeddings": [%s],
                 "metadatas": [{%s"PersonaId": "%s", "Source": "%s"}]}
                """.formatted(content, content, embedding, fields, PERSONA, source));
    }

    private static String post(String path, String body) throws Exception {
        var answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(collections + path))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 299);
        return answer.body();
    }

    private static boolean isThere(String command) {
        try {
            run(command, "--version");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** What it prints. */
    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }

    private static String block(String language, String beginning) {
        return Pattern.compile("(?s)```" + language + "\n(" + Pattern.quote(beginning) + ".*?)```")
                .matcher(page)
                .results()
                .map(match -> match.group(1))
                .findFirst()
                .orElseThrow();
    }
}
