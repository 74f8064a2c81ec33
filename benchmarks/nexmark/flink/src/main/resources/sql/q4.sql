SELECT category, AVG(final) AS average
FROM (
  SELECT A.category, MAX(B.price) AS final
  FROM auction A, bid B
  WHERE A.id = B.auction AND B.customTime BETWEEN A.customTime AND A.expires
  GROUP BY A.id, A.category
)
GROUP BY category
