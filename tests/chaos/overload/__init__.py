"""More is asked than the gateway can do: `python -m tests.chaos.overload` (`make overload`) measures what comes of it.

The gateway is `braid serve` on one core; the load and two stub services share another one. First the capacity is
measured with clients that wait for each answer, then requests come at times of their own (Poisson), whether or not
earlier ones are answered, as the world's do: at twice the capacity, then ten times at 80 % of it.
"""
