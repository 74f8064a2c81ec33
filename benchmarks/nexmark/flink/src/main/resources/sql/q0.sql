SELECT auction, bidder, price, customTime, extra FROM bid
