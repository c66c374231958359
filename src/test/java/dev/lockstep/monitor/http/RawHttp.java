package dev.lockstep.monitor.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Requests as written: the JDK's client forbids the headers that browsers set. */
record RawHttp(int port) {

    /** @param headers by lower-case name */
    record Answer(int status, Map<String, String> headers, String body) {}

    /** A request in the making. */
    record Request(RawHttp http, String method, String path, Map<String, String> headers, String body) {

        Request header(String name, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Request(http, method, path, more, body);
        }

        Request without(String name) {
            Map<String, String> fewer = new LinkedHashMap<>(headers);
            fewer.remove(name);
            return new Request(http, method, path, fewer, body);
        }

        Request body(String text) {
            return new Request(http, method, path, headers, text);
        }

        Request token(String token) {
            return header("Authorization", "Bearer " + token);
        }

        Answer send() throws IOException {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.port)) {
                socket.setSoTimeout(30_000);
                StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\n");
                headers.forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
                if (!body.isEmpty()) {
                    head.append("Content-Length: ").append(body.length()).append("\r\n");
                }
                socket.getOutputStream()
                        .write((head + "Connection: close\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
                return parse(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
            }
        }

        private static Answer parse(String text) {
            int end = text.indexOf("\r\n\r\n");
            String[] lines = text.substring(0, end).split("\r\n");
            Map<String, String> headers = new TreeMap<>();
            for (int i = 1; i < lines.length; i++) {
                int colon = lines[i].indexOf(':');
                headers.put(
                        lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                        lines[i].substring(colon + 1).strip());
            }
            return new Answer(Integer.parseInt(lines[0].split(" ")[1]), headers, text.substring(end + 4));
        }
    }

    Request get(String path) {
        return new Request(this, "GET", path, Map.of("Host", "127.0.0.1:" + port), "");
    }

    Request post(String path) {
        return new Request(
                this, "POST", path, Map.of("Host", "127.0.0.1:" + port, "Content-Type", "application/json"), "{}");
    }

    Request send(String method, String path) {
        return new Request(this, method, path, Map.of("Host", "127.0.0.1:" + port), "");
    }
}
