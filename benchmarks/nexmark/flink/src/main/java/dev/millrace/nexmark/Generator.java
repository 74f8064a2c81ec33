package dev.millrace.nexmark;

import dev.millrace.nexmark.Events.Auction;
import dev.millrace.nexmark.Events.Bid;
import dev.millrace.nexmark.Events.Event;
import dev.millrace.nexmark.Events.Person;

/** The stream of {@code generator/generator.ts}: event n depends on n alone. */
public final class Generator {
  private static final long BASE_TIME = 1_700_000_000_000L;
  private static final long FIRST_ID = 1000;
  private static final int CHANNELS = 10_000;
  private static final int[] PRICES = new int[1 << 16];
  private static final String[] STATES = "AZ,CA,ID,OR,WA,WY".split(",");
  private static final String[] CITIES = "Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne".split(",");
  private static final String[] FIRST_NAMES = "Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter".split(",");
  private static final String[] LAST_NAMES = "Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris".split(",");
  private static final String[] FOUR_DIGITS = new String[10_000];
  private static final String[] HOT_CHANNELS = {"Google", "Facebook", "Baidu", "Apple"};
  private static final String[] HOT_URLS = new String[4];
  private static final String[] CHANNEL_NAMES = new String[CHANNELS];
  private static final String[] CHANNEL_URLS = new String[CHANNELS];
  private static final String FILLER;

  static {
    for (int i = 0; i < PRICES.length; i++) PRICES[i] = (int) Math.floor(StrictMath.pow(10, (i / (double) PRICES.length) * 6) * 100 + 0.5);
    for (int i = 0; i < FOUR_DIGITS.length; i++) FOUR_DIGITS[i] = String.format("%04d", i);
    Generator random = new Generator();
    random.seed(424242);
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < 1 << 20; i++) letters.append((char) ('a' + random.below(26)));
    FILLER = letters.toString();
    random.seed(777);
    for (int i = 0; i < 4; i++) HOT_URLS[i] = random.url();
    for (int i = 0; i < CHANNELS; i++) {
      String url = random.url();
      if (random.below(10) > 0) url += "&channel_id=" + Math.abs((long) Integer.reverse(i));
      CHANNEL_NAMES[i] = "channel-" + i;
      CHANNEL_URLS[i] = url;
    }
  }

  private int state = 1;

  private void seed(long id) {
    int word = (((int) id ^ 0x9e3779b9) * 0x85ebca6b) ^ ((int) (id >>> 32) * 0xc2b2ae35);
    word ^= word >>> 16;
    word *= 0x85ebca6b;
    word ^= word >>> 13;
    word *= 0xc2b2ae35;
    word ^= word >>> 16;
    state = word == 0 ? 1 : word;
  }

  private int word() {
    int next = state;
    next ^= next << 13;
    next ^= next >>> 17;
    next ^= next << 5;
    state = next;
    return next * 0x9e3779b1;
  }

  private int below(long bound) {
    return (int) (((word() & 0xffffffffL) * bound) >>> 32);
  }

  private long price() {
    return PRICES[word() >>> 16];
  }

  private String words(int most, char special) {
    char[] letters = new char[3 + below(most - 3)];
    for (int i = 0; i < letters.length; i++) letters[i] = below(13) == 0 ? special : (char) ('a' + below(26));
    return new String(letters).trim();
  }

  private String url() {
    return "https://www.nexmark.com/" + words(5, '_') + "/" + words(5, '_') + "/" + words(5, '_') + "/item.htm?query=1";
  }

  private String extra(int size, int average) {
    if (size > average) return "";
    int missing = average - size;
    int spread = (int) Math.round(missing * 0.2);
    int length = missing - spread + (spread == 0 ? 0 : below(2 * spread));
    int from = below(FILLER.length() - length);
    return FILLER.substring(from, from + length);
  }

  private static long timeOf(long n) {
    return BASE_TIME + (long) Math.floor(n * 10.0 / 1000);
  }

  private long anyPerson(long epoch) {
    long active = Math.min(epoch + 1, 1000);
    return epoch + 1 - active + below(active + 10);
  }

  /** Puts event n into the holder. */
  public void event(long n, Event event) {
    seed(n);
    long epoch = n / 50;
    int place = (int) (n % 50);
    event.dateTime = timeOf(n);
    event.person = null;
    event.auction = null;
    event.bid = null;
    if (place > 3) event.bid = bid(epoch, event.dateTime);
    else if (place == 0) event.person = person(epoch, event.dateTime);
    else event.auction = auction(n, epoch, place - 1, event.dateTime);
  }

  private Bid bid(long epoch, long dateTime) {
    Bid bid = new Bid();
    long newest = epoch * 3 + 2;
    if (below(2) > 0) {
      bid.auction = newest / 100 * 100 + FIRST_ID;
    } else {
      long oldest = Math.max(newest - 100, 0);
      bid.auction = oldest + below(newest - oldest + 11) + FIRST_ID;
    }
    bid.bidder = (below(4) > 0 ? epoch / 100 * 100 + 1 : anyPerson(epoch)) + FIRST_ID;
    bid.price = price();
    boolean hot = below(2) > 0;
    int channel = below(hot ? 4 : CHANNELS);
    bid.channel = hot ? HOT_CHANNELS[channel] : CHANNEL_NAMES[channel];
    bid.url = hot ? HOT_URLS[channel] : CHANNEL_URLS[channel];
    bid.dateTime = dateTime;
    bid.extra = extra(32, 100);
    return bid;
  }

  private Auction auction(long n, long epoch, int place, long dateTime) {
    Auction auction = new Auction();
    auction.id = epoch * 3 + place + FIRST_ID;
    auction.seller = (below(4) > 0 ? epoch / 100 * 100 : anyPerson(epoch)) + FIRST_ID;
    auction.category = 10 + below(5);
    auction.initialBid = price();
    long horizon = timeOf(n + 100 * 50 / 3) - dateTime;
    auction.dateTime = dateTime;
    auction.expires = dateTime + 1 + below(Math.max(horizon * 2, 1));
    auction.itemName = words(20, ' ');
    auction.description = words(100, ' ');
    auction.reserve = auction.initialBid + price();
    auction.extra = extra(8 + auction.itemName.length() + auction.description.length() + 40, 500);
    return auction;
  }

  private Person person(long epoch, long dateTime) {
    Person person = new Person();
    person.id = epoch + FIRST_ID;
    person.name = FIRST_NAMES[below(11)] + " " + LAST_NAMES[below(9)];
    person.email = words(7, ' ') + "@" + words(5, ' ') + ".com";
    person.creditCard = FOUR_DIGITS[below(10000)] + " " + FOUR_DIGITS[below(10000)] + " " + FOUR_DIGITS[below(10000)] + " " + FOUR_DIGITS[below(10000)];
    person.city = CITIES[below(10)];
    person.state = STATES[below(6)];
    person.dateTime = dateTime;
    person.extra = extra(8 + person.name.length() + person.email.length() + person.creditCard.length() + person.city.length() + person.state.length(), 200);
    return person;
  }
}
