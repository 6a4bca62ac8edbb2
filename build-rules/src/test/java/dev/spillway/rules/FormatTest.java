package dev.spillway.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every Java file is what the formatter makes of it; {@code -Dformat.write=true} makes it so. */
class FormatTest {
    private static final String REWRITE = "mvn -q -pl build-rules -am test"
            + " -Dtest=FormatTest -Dsurefire.failIfNoSpecifiedTests=false -Dformat.write=true";

    private static final Formatter FORMATTER = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .build());

    @Test
    void everyJavaFileIsFormatted() throws IOException {
        List<Path> unformatted = Repository.javaFiles().stream()
                .filter(file -> !isFormatted(Repository.read(file)))
                .toList();
        if (Boolean.getBoolean("format.write")) {
            for (Path file : unformatted) {
                Files.writeString(Repository.ROOT.resolve(file), format(Repository.read(file)));
            }
            return;
        }

        assertThat(unformatted)
                .as("not formatted; this rewrites them: " + REWRITE)
                .isEmpty();
    }

    @Test
    void commandThatRewritesIsTheDocumentedOne() {
        assertThat(Repository.read(Path.of("CONTRIBUTING.md"))).contains(REWRITE);
    }

    @Test
    void badlyFormattedSourceIsReported() {
        assertThat(isFormatted("class  A{}\n")).isFalse();
        assertThat(isFormatted("import java.util.List;\n\nclass A {}\n")).isFalse();
        assertThat(isFormatted("class A {}\n")).isTrue();
    }

    @Test
    void sourceOfThisJavaIsUnderstood() {
        assertThat(format("record A(int a) { void b(Object o) { switch (o) { case A(int _) when true -> {}"
                        + " default -> {} } } }"))
                .contains("case A(int _) when true -> {}");
    }

    private static boolean isFormatted(String source) {
        return format(source).equals(source);
    }

    private static String format(String source) {
        try {
            return FORMATTER.formatSourceAndFixImports(source);
        } catch (FormatterException e) {
            throw new IllegalArgumentException("not Java: " + source, e);
        }
    }
}
