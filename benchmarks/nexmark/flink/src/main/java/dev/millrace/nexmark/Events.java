package dev.millrace.nexmark;

/** The records of the stream, as in {@code model.ts}. */
public final class Events {
  private Events() {}

  public static class Person {
    public long id;
    public String name;
    public String email;
    public String creditCard;
    public String city;
    public String state;
    public long dateTime;
    public String extra;
  }

  public static class Auction {
    public long id;
    public String itemName;
    public String description;
    public long initialBid;
    public long reserve;
    public long dateTime;
    public long expires;
    public long seller;
    public int category;
    public String extra;
  }

  public static class Bid {
    public long auction;
    public long bidder;
    public long price;
    public String channel;
    public String url;
    public long dateTime;
    public String extra;
  }

  /** One of the three: a holder that is used again for the next event, since it never leaves its chain. */
  public static class Event {
    public long dateTime;
    public Person person;
    public Auction auction;
    public Bid bid;
  }
}
