package dev.spillway.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AnnouncementTest {
    @Test
    void reads_what_it_writes() {
        Announcement said = new Announcement("shop_1-x", "0123abcd", 12, 7, 9);

        assertThat(said.text()).isEqualTo("spillway:shop_1-x:0123abcd:12:7:9");
        assertThat(Announcement.parse(said.text())).isEqualTo(said);
    }

    @Test
    void fits_into_an_application_name() {
        String longest = new Announcement("f".repeat(24), "ffffffff", Integer.MAX_VALUE, 1_000_000, 99_999).text();

        assertThat(longest).hasSizeLessThanOrEqualTo(63).endsWith(":99999:99999:99999");
        assertThat(Announcement.parse(longest)).isNotNull();
    }

    @Test
    void takes_nothing_else_for_one() {
        for (String text : List.of(
                "",
                "psql",
                "spillway listener",
                "spillway:shop:0123abcd:1:2",
                "spillway:shop:0123abcd:1:2:3:4",
                "spillway:shop:0123ABCD:1:2:3",
                "spillway:shop:0123abcd:-1:2:3",
                "spillway:shop:0123abcd:1:2:100000",
                "spillway::0123abcd:1:2:3",
                "spillway:sh op:0123abcd:1:2:3",
                "xspillway:shop:0123abcd:1:2:3")) {
            assertThat(Announcement.parse(text)).as(text).isNull();
        }
    }
}
