package dev.spillway.rules;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written can be followed: links lead somewhere, packages introduce themselves, tests test. */
class DocumentsTest {
    private static final Path TEST = Path.of("a/src/test/java/ATest.java");

    @Test
    void everyLinkLeadsSomewhere() {
        assertThat(Repository.files())
                .filteredOn(file -> file.toString().endsWith(".md"))
                .flatExtracting(file -> Markdown.brokenLinks(Repository.ROOT, file, Repository.read(file)))
                .isEmpty();
    }

    @Test
    void everyPackageOfMainCodeIntroducesItself() {
        assertThat(withoutIntroduction(Repository.mainJavaFiles())).isEmpty();
    }

    @Test
    void noFileSaysWhatItMustNot() {
        assertThat(Repository.files())
                .flatExtracting(file -> TextRules.offences(file, Files.readAllBytes(Repository.ROOT.resolve(file))))
                .isEmpty();
    }

    @Test
    void linksThatLeadNowhereAreReported(@TempDir Path root) throws Exception {
        Files.writeString(root.resolve("there.md"), "# Of time, and `Ticker`\n# Twice\n# Twice\n");
        String text = """
            # Here
            [a](there.md) [b](there.md#of-time-and-ticker) [c](there.md#twice-1) [d](#here) [e](https://x.test/y)
            `[not](a-link.md)`
            ```
            [nor](this.md)
            ```
            [f](gone.md) [g](there.md#twice-2) [h](#gone)

            [i]: gone.txt
            """;

        assertThat(Markdown.brokenLinks(root, Path.of("a.md"), text))
                .containsExactly("a.md -> gone.md", "a.md -> there.md#twice-2", "a.md -> #gone", "a.md -> gone.txt");
    }

    @Test
    void packagesWithoutIntroductionAreReported() {
        assertThat(withoutIntroduction(List.of(Path.of("m/src/main/java/p/A.java"))))
                .containsExactly("m/src/main/java/p");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "see /wo" + "rk/notes.md",
                "cp /fa" + "rm/x .",
                "the ." + "library folder",
                "// TO" + "DO later",
                "// FIX" + "ME",
                "Thread.sl" + "eep(1);",
                "@Dis" + "abled(\"flaky\")",
                "@Dis" + "abledOnOs(WINDOWS)"
            })
    void forbiddenWordsAreReportedWithTheirLine(String word) {
        assertThat(offences(TEST, "@Test\n" + word))
                .singleElement()
                .asString()
                .startsWith("a/src/test/java/ATest.java:2: ");
    }

    @Test
    void innocentWordsAreNot() {
        assertThat(offences(TEST, "@Test // TO" + "DO (#12): a/work/b, $HOME/work/c"))
                .isEmpty();
        assertThat(offences(Path.of("README.md"), "Thread.sl" + "eep")).isEmpty();
    }

    @Test
    void testClassWithoutATestIsReported() {
        assertThat(offences(TEST, "class ATest {}"))
                .containsExactly("a/src/test/java/ATest.java: a test class without a test");
        assertThat(offences(TEST, "class ATest { @net.jqwik.api.Property void a() {} }"))
                .isEmpty();
    }

    private static List<String> offences(Path file, String text) {
        return TextRules.offences(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Directories of sources in which no package-info.java is marked for null checks. */
    private static Set<String> withoutIntroduction(List<Path> sources) {
        Set<String> directories = sources.stream()
                .map(file -> Repository.slashed(file).replaceFirst("/[^/]*$", ""))
                .collect(toCollection(TreeSet::new));
        directories.removeIf(directory -> isIntroduced(Path.of(directory, "package-info.java")));
        return directories;
    }

    private static boolean isIntroduced(Path packageInfo) {
        return Files.exists(Repository.ROOT.resolve(packageInfo))
                && Repository.read(packageInfo).contains("\n@NullMarked\n");
    }
}
