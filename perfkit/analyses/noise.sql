-- How much do runs of the same code vary, as far as that was measured?
-- spread: standard deviation of the logarithms of the runs' values.
select metric, subject, spread from noise_floors where fingerprint = $fingerprint;
