SELECT auction, bidder, price, channel, url, customTime, extra
FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder, auction ORDER BY customTime DESC) AS place FROM bid)
WHERE place <= 1
