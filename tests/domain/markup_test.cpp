#include "domain/markup.hpp"

#include <gtest/gtest.h>

namespace commune_watch {
namespace {

TEST(Markup, TextStaysTextBetweenTagsAndInQuotes) {
  EXPECT_EQ(markup_text("Nhà & \"cổng\" <b>1 > 0</b> 'x'"),
            "Nhà &amp; &quot;cổng&quot; &lt;b&gt;1 &gt; 0&lt;/b&gt; &#39;x&#39;");
  EXPECT_EQ(markup_text(std::string("a\0b\x1b[2Jc\nd", 10)), "ab[2Jcd");
  EXPECT_EQ(markup_text(""), "");
}

}  // namespace
}  // namespace commune_watch
