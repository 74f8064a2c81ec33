SELECT
  DATE_FORMAT(customTime, 'yyyy-MM-dd') AS `day`,
  COUNT(*) AS bids,
  COUNT(*) FILTER (WHERE price < 10000) AS bids_rank1,
  COUNT(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS bids_rank2,
  COUNT(*) FILTER (WHERE price >= 1000000) AS bids_rank3,
  COUNT(DISTINCT bidder) AS bidders,
  COUNT(DISTINCT bidder) FILTER (WHERE price < 10000) AS bidders_rank1,
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS bidders_rank2,
  COUNT(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS bidders_rank3,
  COUNT(DISTINCT auction) AS auctions,
  COUNT(DISTINCT auction) FILTER (WHERE price < 10000) AS auctions_rank1,
  COUNT(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS auctions_rank2,
  COUNT(DISTINCT auction) FILTER (WHERE price >= 1000000) AS auctions_rank3
FROM bid
GROUP BY DATE_FORMAT(customTime, 'yyyy-MM-dd')
