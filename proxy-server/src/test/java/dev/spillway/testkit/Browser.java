package dev.spillway.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A Chromium without a window, where there is one. It runs a page's scripts for a while and says what has become of the page. */
public final class Browser {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(2500);
    private static final Pattern LABEL = Pattern.compile("aria-label=\"([^\"]*)\"");

    private Browser() {}

    /**
     * What a browser has made of a page.
     *
     * @param html of the elements that are there by then
     * @param complaints what it wrote on its console
     */
    public record Seen(String html, List<String> complaints) {
        /** What a screen reader is told instead of a picture or of a part of the page. */
        public List<String> labels() {
            List<String> labels = new ArrayList<>();
            Matcher matcher = LABEL.matcher(html);
            while (matcher.find()) {
                labels.add(matcher.group(1).replace("&amp;", "&"));
            }
            return labels;
        }
    }

    /** Null: there is no browser here. */
    public static @Nullable Seen see(String url, Path folder) throws IOException, InterruptedException {
        @Nullable String program = program();
        if (program == null) {
            return null;
        }
        Path html = folder.resolve("page.html");
        Path errors = folder.resolve("browser.log");
        Process process = new ProcessBuilder(
                        program,
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--virtual-time-budget=" + LOOK.toMillis(),
                        "--enable-logging=stderr",
                        "--dump-dom",
                        url)
                .redirectOutput(html.toFile())
                .redirectError(errors.toFile())
                .start();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("the browser does not end");
        }
        try (Stream<String> lines = Files.lines(errors, UTF_8)) {
            return new Seen(
                    Files.readString(html),
                    lines.filter(line -> line.contains("CONSOLE")).toList());
        }
    }

    private static @Nullable String program() {
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(path.split(File.pathSeparator, -1)).map(folder -> folder + "/" + name))
                .filter(file -> Files.isExecutable(Path.of(file)))
                .findFirst()
                .orElse(null);
    }
}
