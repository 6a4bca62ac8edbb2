package dev.spillway.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Objects;

/**
 * The page that people look at, and what a browser may do for it: run the script and apply the style that stand in it, and ask us.
 * Made once, when it is first asked for.
 */
final class Dashboard {
    private static final String NAME = "dashboard.html";

    private final Page page;

    Dashboard() {
        byte[] text = read();
        String html = new String(text, StandardCharsets.UTF_8);
        String policy = "default-src 'none'; script-src '" + hash(html, "script") + "'; style-src '"
                + hash(html, "style") + "'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
                + " frame-ancestors 'none'";
        this.page = Page.ok("text/html; charset=utf-8", text).under(policy);
    }

    Page page() {
        return page;
    }

    private static byte[] read() {
        try (InputStream in = Objects.requireNonNull(Dashboard.class.getResourceAsStream(NAME), NAME)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of what stands between the tags, as a browser takes it. */
    private static String hash(String html, String tag) {
        int from = html.indexOf("<" + tag + ">") + tag.length() + 2;
        String content = html.substring(from, html.indexOf("</" + tag + ">", from));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
