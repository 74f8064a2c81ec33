SELECT
  auction, bidder, price, channel, url, B.customTime, B.extra,
  itemName, description, initialBid, reserve, A.customTime AS auction_customTime, expires, seller, category, A.extra AS auction_extra
FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id
WHERE A.category = 10
