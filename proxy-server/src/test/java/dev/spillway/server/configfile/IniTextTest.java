package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.server.configfile.IniItem.Broken;
import dev.spillway.server.configfile.IniItem.Entry;
import dev.spillway.server.configfile.IniItem.Include;
import dev.spillway.server.configfile.IniItem.Section;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class IniTextTest {
    @Test
    void linesAreReadAsPgbouncerReadsThem() {
        assertThat(IniText.parse("""
            ;; a comment

            # another
            [databases] one = host=a
              two=host=b ; no comment \t\r
            * =
            'a b' = x
            "c ""d"" é" = y
            under_score.dot-dash = [no section]
            %include  some file.ini\s
            [pgbouncer]
            last = # all of this\
            """))
                .containsExactly(
                        new Section("databases", 4),
                        new Entry("one", "host=a", 4),
                        new Entry("two", "host=b ; no comment", 5),
                        new Entry("*", "", 6),
                        new Entry("a b", "x", 7),
                        new Entry("c \"d\" é", "y", 8),
                        new Entry("under_score.dot-dash", "[no section]", 9),
                        new Include("some file.ini", 10),
                        new Section("pgbouncer", 11),
                        new Entry("last", "# all of this", 12));
    }

    @Test
    void whatIsNoneOfTheseIsReportedAndTheRestIsRead() {
        assertThat(IniText.parse("""
            [open
            no value
            = no key
            'open = 1
            '' = empty
            sp ace = 1
            %includes = 1
            fine = 1
            """))
                .hasSize(8)
                .endsWith(new Entry("fine", "1", 8))
                .filteredOn(Broken.class::isInstance)
                .extracting(IniItem::line)
                .containsExactly(1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void valuesAreNotPrinted() {
        assertThat(IniText.parse("app = password=hush").toString()).doesNotContain("hush");
    }

    @Property
    void anyTextIsRead(@ForAll("text") String text) {
        int lines = text.split("\n", -1).length;
        assertThat(IniText.parse(text))
                .allSatisfy(item -> assertThat(item.line()).isBetween(1, lines))
                .isSortedAccordingTo((a, b) -> a.line() - b.line());
    }

    @Provide
    Arbitrary<String> text() {
        return Arbitraries.oneOf(
                        Arbitraries.of("\n", "[", "]", "=", "'", "\"", "%include ", ";", "#", " ", "\t", "\r", "a"),
                        Arbitraries.strings().ofMaxLength(3))
                .list()
                .ofMaxSize(40)
                .map(parts -> String.join("", parts));
    }
}
